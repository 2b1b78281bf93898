//! The graph of Alembic's revisions, and what its heads in the table say of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::migration::Migration;
use crate::gate::standing::{Comparison, Standing, State};
use crate::gate::table::Record;

/// Marks a link as the name of a branch, by which others can depend on the revision.
pub(super) const LABEL: &str = "branch:";

/// Which revisions lie right below or right above which.
type Edges<'a> = BTreeMap<&'a str, Vec<&'a str>>;

struct Graph<'a> {
    below: Edges<'a>,
    above: Edges<'a>,
}

impl<'a> Graph<'a> {
    fn of(migrations: &'a [Migration]) -> Self {
        let labels: BTreeMap<&str, &str> = migrations
            .iter()
            .flat_map(|migration| migration.links.iter().map(move |link| (link, migration)))
            .filter_map(|(link, migration)| Some((link.strip_prefix(LABEL)?, migration.id.as_str())))
            .collect();
        let link = |link: &'a String| labels.get(link.as_str()).copied().unwrap_or(link);
        let links = |migration: &'a Migration| {
            migration.links.iter().filter(|link| !link.starts_with(LABEL)).map(link).collect()
        };
        let below: Edges = migrations.iter().map(|migration| (migration.id.as_str(), links(migration))).collect();
        let mut above = Edges::new();
        for (revision, links) in &below {
            for link in links {
                above.entry(link).or_default().push(revision);
            }
        }
        Self { below, above }
    }

    fn knows(&self, revision: &str) -> bool {
        self.below.contains_key(revision)
    }
}

/// These and all that can be reached from them.
fn reach<'a>(edges: &Edges<'a>, from: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<_> = from.collect();
    while let Some(revision) = next.pop() {
        if reached.insert(revision) {
            next.extend(edges.get(revision).into_iter().flatten());
        }
    }
    reached
}

/// A revision comes after those that it builds on.
pub(super) fn in_order(mut migrations: Vec<Migration>) -> Vec<Migration> {
    migrations.sort_by(|one, other| one.id.cmp(&other.id));
    let graph = Graph::of(&migrations);
    let depth = |migration: &Migration| {
        let below = reach(&graph.below, [migration.id.as_str()].into_iter());
        below.into_iter().filter(|revision| graph.knows(revision)).count()
    };
    let depths: BTreeMap<String, usize> =
        migrations.iter().map(|migration| (migration.id.clone(), depth(migration))).collect();
    migrations.sort_by_key(|migration| depths[&migration.id]);
    migrations
}

/// Applied is what a head builds on. Applying what builds on a head takes that head's row away, whether it does so as its
/// next revision or by depending on it: with the row there, none of these is applied. A head that is not on disk may
/// build on everything else or on nothing of ours.
pub(in super::super) fn compare(shipped: &[Migration], records: &[Record], ahead: bool) -> Comparison {
    let graph = Graph::of(shipped);
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        records.iter().map(|record| record.id.as_str()).partition(|head| graph.knows(head));
    let applied = reach(&graph.below, known.iter().copied());
    let not_yet = reach(&graph.above, known.iter().copied());
    let standings = shipped.iter().map(|migration| {
        let id = migration.id.as_str();
        let state = if applied.contains(id) {
            State::Applied
        } else if unknown.is_empty() || not_yet.contains(id) {
            State::Pending
        } else if ahead {
            State::Applied
        } else {
            State::Unknown
        };
        Standing { name: migration.name.clone(), state, reason: None }
    });
    let standings: Vec<_> = standings.collect();
    let mut warnings = twice(shipped);
    if standings.iter().any(|standing| standing.state == State::Unknown) {
        warnings.push(format!(
            "THE DATABASE IS AHEAD OF THIS CODE, OR ELSEWHERE: it is at revision `{}`, which this app does not ship; if \
             whoever migrates always ships all that this app does, say so with `--unknown-revision ahead`",
            unknown.join("`, `")
        ));
    }
    Comparison { standings, others: unknown.len(), warnings }
}

/// What Alembic warns about as well.
fn twice(shipped: &[Migration]) -> Vec<String> {
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for migration in shipped {
        files.entry(&migration.id).or_default().push(&migration.name);
    }
    let several = files.into_iter().filter(|(_, files)| files.len() > 1);
    let warning = |(id, files): (&str, Vec<&str>)| {
        format!(
            "revision `{id}` is in several files, of which Alembic runs one: `{}`; give each a revision of its own",
            files.join("`, `")
        )
    };
    several.map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::presets::RowState;
    use crate::gate::rules::plain::tests::{record, states};

    fn migration(id: &str, links: &[&str]) -> Migration {
        let links = links.iter().map(|link| (*link).to_owned()).collect();
        Migration { name: id.into(), id: id.into(), links, ..Migration::default() }
    }

    #[test]
    fn a_head_speaks_for_all_that_it_builds_on_and_against_all_that_builds_on_it() {
        // r0 ─┬─ r1 ─ r3 ─ r4, and r3 depends on r2, which is the branch `side`.
        //     └─ r2
        let shipped = [
            migration("r0", &[]),
            migration("r1", &["r0"]),
            migration("r2", &["r0", "branch:side"]),
            migration("r3", &["r1", "side"]),
            migration("r4", &["r3"]),
        ];
        // A letter for each: applied, pending, unknown; and with `ahead`.
        for (heads, expected, if_ahead) in [
            (vec![], "ppppp", "ppppp"),
            (vec!["r1"], "aappp", "aappp"),
            (vec!["r1", "r2"], "aaapp", "aaapp"),
            (vec!["r4"], "aaaaa", "aaaaa"),
            (vec!["x9"], "uuuuu", "aaaaa"),
            (vec!["x9", "r0"], "apppp", "apppp"),
            (vec!["x9", "r1"], "aaupp", "aaapp"),
            (vec!["x9", "r2"], "auapp", "aaapp"),
            (vec!["x9", "r3"], "aaaap", "aaaap"),
            (vec!["x9", "r4"], "aaaaa", "aaaaa"),
            (vec!["r1", "r4"], "aaaaa", "aaaaa"),
        ] {
            let records: Vec<_> = heads.iter().map(|head| record(head, RowState::Applied)).collect();
            for (ahead, expected) in [(false, expected), (true, if_ahead)] {
                let comparison = compare(&shipped, &records, ahead);
                let letter = |state| match state {
                    State::Applied => 'a',
                    State::Pending => 'p',
                    _ => 'u',
                };
                let found: String = states(&comparison).into_iter().map(letter).collect();
                assert_eq!(found, expected, "{heads:?} {ahead}");
                assert_eq!(!comparison.warnings.is_empty(), expected.contains('u'), "{heads:?} {ahead}");
                assert_eq!(comparison.others, usize::from(heads.contains(&"x9")));
            }
        }
    }

    #[test]
    fn a_revision_in_two_files_is_a_warning() {
        let twin = Migration { name: "twin".into(), ..migration("r1", &["r0"]) };
        let shipped = in_order(vec![migration("r1", &[]), twin, migration("r0", &[])]);
        let comparison = compare(&shipped, &[record("r1", RowState::Applied)], false);
        // The last file counts.
        assert_eq!(states(&comparison), [State::Applied; 3]);
        assert!(comparison.warnings[0].contains("`r1` is in several files, of which Alembic runs one: `r1`, `twin`"));
    }

    #[test]
    fn a_circle_ends() {
        let shipped = in_order(vec![migration("r1", &["r2"]), migration("r2", &["r1"])]);
        assert_eq!(states(&compare(&shipped, &[record("r2", RowState::Applied)], false)), [State::Applied; 2]);
    }
}
