//! Status for people.

use super::{Gate, Overview, Rows, Standing};
use crate::command::gate::missing;
use crate::protocol::run::Run;
use crate::words::{ago, clean, migrations as counted, span};

pub(super) fn render(overview: &Overview) -> String {
    let fleet = &overview.fleet;
    let release = match &overview.release {
        Ok(release) => format!("{} (from {})", release.id, release.source),
        Err(_) => "none in this environment".to_owned(),
    };
    let role = match &overview.role {
        Ok(choice) => format!("{} ({})", choice.role, choice.reason),
        Err(why) => format!("none ({why})"),
    };
    let mut lines = vec![
        format!("database  {} (from {}), table {}", fleet.database.location, fleet.database.source, fleet.table),
        format!("fleet     {}", fleet.name),
        format!("here      {role}, app {} (from {}), release {release}", fleet.app.value, fleet.app.source),
    ];
    lines.extend(overview.migrations.iter().flat_map(migrations));
    lines.extend([String::new(), overview.sentence()]);
    if let Some(rows) = &overview.rows {
        lines.extend(rows_of(rows));
    }
    let mut text = lines.iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

fn migrations(read: &Result<Gate, String>) -> Vec<String> {
    let Gate { tally, warnings } = match read {
        Ok(gate) => gate,
        Err(why) => return vec![format!("gate      can't be told: {why}")],
    };
    let standing =
        if tally.is_complete() { format!("all applied ({})", counted(tally.shipped)) } else { missing(tally) };
    let warnings = warnings.iter().map(|warning| format!("          warning: {warning}"));
    [format!("gate      {standing}")].into_iter().chain(warnings).collect()
}

fn rows_of(rows: &Rows) -> Vec<String> {
    let mut lines = Vec::new();
    if !rows.runs.is_empty() {
        lines.push(String::new());
        lines.extend(table(&rows.runs));
    }
    let failed = rows.runs.first().filter(|run| matches!(Standing::of(run), Standing::Failed | Standing::Lost));
    if let Some((run, detail)) = failed.and_then(|run| Some((run, run.detail.as_ref()?))) {
        lines.push(String::new());
        lines.push(format!("the last lines of run {}:", run.id));
        lines.extend(detail.lines().map(|line| format!("| {line}")));
    }
    if !rows.other_fleets.is_empty() {
        lines.push(String::new());
        lines.push(format!("other fleets in this table: {}", rows.other_fleets.join(", ")));
    }
    lines
}

/// The runs as columns, each as wide as its widest cell.
fn table(runs: &[Run]) -> Vec<String> {
    let head = ["run", "release", "state", "app", "started", "took", "exit"].map(str::to_owned);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(runs.iter().map(cells)).collect();
    let widths: [usize; 7] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn cells(run: &Run) -> [String; 7] {
    [
        run.id.to_string(),
        clean(&run.release),
        clean(Standing::of(run).word()),
        clean(&run.app),
        ago(run.since_start()),
        run.took().map_or_else(|| "-".to_owned(), span),
        run.exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string()),
    ]
}
