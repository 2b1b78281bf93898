//! What a run leaves in its row, and above all what it does not.

use crate::support::Bellwether;
use crate::support::databases::Database;

on_each_database! {
    the_last_twenty_lines_are_kept,
    at_most_four_kibibytes_are_kept,
    control_sequences_are_left_out,
    passwords_and_secrets_are_masked,
    output_can_be_kept_out_of_the_table,
    a_success_may_keep_lines_but_never_secrets,
    the_arguments_are_never_stored,
    a_database_keeps_text_byte_for_byte,
}

/// The detail of a run of this script, which must fail for it to be of use to a follower.
fn detail_of(database: &Database, script: &str) -> String {
    let _ = Bellwether::lead(database).sh(&format!("{script}; exit 1")).run().exits(1);
    database.only_run().detail.unwrap_or_default()
}

fn the_last_twenty_lines_are_kept(database: &Database) {
    let script = r#"i=1; while [ $i -le 30 ]; do echo "<line $i>"; i=$((i+1)); done"#;
    let detail = detail_of(database, script);
    let expected: Vec<String> = (11..=30).map(|number| format!("<line {number}>")).collect();
    assert_eq!(detail.trim_end().lines().collect::<Vec<_>>(), expected);
}

fn at_most_four_kibibytes_are_kept(database: &Database) {
    let script = r#"i=1; while [ $i -le 30 ]; do printf '%0900d' $i; echo; i=$((i+1)); done; echo "the cause""#;
    let detail = detail_of(database, script);
    assert!(detail.len() <= 4096, "{} bytes", detail.len());
    assert!(detail.trim_end().ends_with("the cause"), "the end is what matters: {detail}");
}

fn control_sequences_are_left_out(database: &Database) {
    let detail = detail_of(database, r"printf '\033[1;31mred\033[0m \033]0;title\007plain\007\n'");
    assert_eq!(detail.trim_end(), "red plain");
}

fn passwords_and_secrets_are_masked(database: &Database) {
    let script = r#"echo "cannot reach postgres://app:hunter2@db.internal/app"; echo "sent $SHOP_API_TOKEN to nobody""#;
    let leader = Bellwether::lead(database).env("SHOP_API_TOKEN", "sesame-open-wide");
    let outcome = leader.sh(&format!("{script}; exit 1")).run().exits(1);
    let detail = database.only_run().detail.unwrap_or_default();
    assert!(detail.contains("db.internal/app") && detail.contains("to nobody"), "the rest is kept: {detail}");
    assert!(!detail.contains("hunter2") && !detail.contains("sesame-open-wide"), "{detail}");
    let _ = outcome.prints("app:hunter2@db.internal").prints("sesame-open-wide");
}

fn output_can_be_kept_out_of_the_table(database: &Database) {
    let script = "echo private matters; echo secret sorrows >&2; exit 1";
    let _ = Bellwether::lead(database).args(["--no-share-output"]).sh(script).run().exits(1).prints("private matters");
    for no in ["false", "0", "No", "OFF"] {
        let _ = Bellwether::lead(database).env("BELLWETHER_SHARE_OUTPUT", no).sh(script).run().exits(1);
    }
    let details: Vec<String> = database.runs().into_iter().filter_map(|run| run.detail).collect();
    assert_eq!(database.runs().len(), 5);
    assert!(details.iter().all(|detail| !detail.contains("private") && !detail.contains("secret")), "{details:?}");
}

fn a_success_may_keep_lines_but_never_secrets(database: &Database) {
    let _ = Bellwether::lead(database).sh("echo mysql://root:hunter2@db/app").run().exits(0);
    let run = database.only_run();
    assert!(!run.detail.unwrap_or_default().contains("hunter2"));
}

fn the_arguments_are_never_stored(database: &Database) {
    let command = ["sh", "-c", "true", "--password=hunter2"];
    let _ = Bellwether::lead(database).command(command).run().exits(0);
    let other = ["sh", "-c", "true", "--password=hunter3"];
    let _ = Bellwether::lead(database).command(other).run().exits(0);
    let rows = database.try_rows("SELECT * FROM bellwether_runs").unwrap();
    assert!(!rows.iter().flatten().flatten().any(|value| value.contains("hunter")), "{rows:?}");
    let digests: Vec<String> = database.runs().into_iter().map(|run| run.digest).collect();
    assert_ne!(digests[0], digests[1]);
}

/// `V1` is not `v1`, and a trailing blank counts.
fn a_database_keeps_text_byte_for_byte(database: &Database) {
    let _ =
        Bellwether::lead(database).args(["--fleet", "Läden"]).env("BELLWETHER_RELEASE", "V1").sh("true").run().exits(0);
    for (fleet, release, code) in [("Läden", "V1", 0), ("Läden", "v1", 120), ("läden", "V1", 120), ("Laden", "V1", 120)]
    {
        let follower = Bellwether::follow(database).args(["--fleet", fleet, "--timeout", "0s"]);
        let _ = follower.env("BELLWETHER_RELEASE", release).run().exits(code);
    }
    let run = database.only_run();
    assert_eq!((run.fleet.as_str(), run.release.as_str()), ("Läden", "V1"));
}
