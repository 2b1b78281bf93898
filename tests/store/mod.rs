//! The store against a model of the table: random operations, one after another and from several clients at once, must
//! have the same answers and leave the same rows on every database.

mod model;
mod together;

use self::model::{Model, Row, expected_look, look, readable};
use crate::support::databases::Database;
use crate::support::new_run;
use bellwether::protocol::claim::Seen;
use bellwether::store::{Ending, Store, Table, url};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);
/// Lists of operations, and how long they are: bounded, because a test run has many other things to do.
const CASES: u32 = 12;
const LENGTH: usize = 40;

on_each_database! {
    random_operations_answer_as_the_model_does,
}

/// Names that differ only in what careless collations ignore.
const FLEETS: [&str; 3] = ["default", "Default", "default "];
const RELEASES: [&str; 3] = ["r1", "R1", "r1 "];
const HOLDERS: [&str; 3] = ["a", "A", "b"];

/// One operation; runs and beats are given relative to what is there, so that they often fit.
#[derive(Clone, Debug)]
enum Op {
    Create,
    Look { fleet: usize, release: usize },
    Claim { fleet: usize, release: usize, holder: usize, over: Option<(i64, i64)> },
    Beat { run: i64, holder: usize },
    LastBeat { run: i64, holder: usize },
    Record { run: i64, holder: usize, ending: usize },
    Newest { fleet: usize, release: Option<usize>, most: u32 },
    Fleets,
}

const ENDINGS: [Ending<'_>; 3] = [
    Ending { state: "succeeded", exit_code: 0, cause: "exited", detail: Some("lines\nof 'it' \u{1f411}") },
    Ending { state: "failed", exit_code: 3, cause: "exited", detail: None },
    Ending { state: "failed", exit_code: 125, cause: "fenced", detail: Some("") },
];

fn operation() -> impl Strategy<Value = Op> {
    let of = 0..3_usize;
    let run = || 0..4_i64;
    let over = prop_oneof![1 => Just(None), 2 => (run(), prop_oneof![4 => Just(0), 1 => -1..2_i64]).prop_map(Some)];
    prop_oneof![
        1 => Just(Op::Create),
        4 => (of.clone(), of.clone()).prop_map(|(fleet, release)| Op::Look { fleet, release }),
        6 => (of.clone(), of.clone(), of.clone(), over)
            .prop_map(|(fleet, release, holder, over)| Op::Claim { fleet, release, holder, over }),
        3 => (run(), of.clone()).prop_map(|(run, holder)| Op::Beat { run, holder }),
        1 => (run(), of.clone()).prop_map(|(run, holder)| Op::LastBeat { run, holder }),
        5 => (run(), of.clone(), of.clone()).prop_map(|(run, holder, ending)| Op::Record { run, holder, ending }),
        1 => (of.clone(), proptest::option::of(of), 1..4_u32)
            .prop_map(|(fleet, release, most)| Op::Newest { fleet, release, most }),
        1 => Just(Op::Fleets),
    ]
}

fn open(database: &Database, table: &str) -> Store {
    Store::new(url::parse(database.url(), "the test").unwrap().location, Table::parse(table).unwrap())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn random_operations_answer_as_the_model_does(database: &Database) {
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let count = Cell::new(0);
    let operations = proptest::collection::vec(operation(), 1..LENGTH);
    let result = runner.run(&operations, |operations| {
        count.set(count.get() + 1);
        block_on(async {
            let mut store = open(database, &format!("t{}", count.get()));
            let mut model = Model::default();
            store.create(LIMIT).await.unwrap();
            for operation in operations {
                step(&mut store, &mut model, &operation).await?;
            }
            store.disconnect().await;
            Ok(())
        })
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn step(store: &mut Store, model: &mut Model, operation: &Op) -> Result<(), TestCaseError> {
    match *operation {
        Op::Create => store.create(LIMIT).await.unwrap(),
        Op::Look { fleet, release } => {
            let reading = store.look(LIMIT, FLEETS[fleet], RELEASES[release]).await.unwrap();
            prop_assert_eq!(look(&reading), expected_look(model, fleet, RELEASES[release]));
        }
        Op::Claim { fleet, release, holder, over } => {
            let over = over.map(|(run, off)| {
                let run = model.number(run);
                let beats = model.rows.iter().find(|row| row.id == run).map_or(0, |row| row.beats);
                Seen { run, beats: beats + off }
            });
            let bid = new_run(FLEETS[fleet], RELEASES[release], HOLDERS[holder]);
            let answer = store.claim(LIMIT, &bid, over).await.unwrap();
            prop_assert_eq!(answer.is_some(), model.claim(fleet, over));
            if let Some(id) = answer {
                prop_assert!(id > model.highest, "numbers grow and are never used again");
                model.insert(id, fleet, RELEASES[release], HOLDERS[holder]);
            }
        }
        Op::Beat { run, holder } => {
            let run = model.number(run);
            let own = model.own(run, HOLDERS[holder]).map(|row| row.beats += 1).is_some();
            prop_assert_eq!(store.beat(LIMIT, run, HOLDERS[holder]).await.unwrap(), own);
        }
        Op::LastBeat { run, holder } => {
            let run = model.number(run);
            let own = model.own(run, HOLDERS[holder]).map(|row| {
                row.beats += 1;
                row.lease = 12_000;
                row.cause = Some("interrupted");
            });
            let answer = store.last_beat(LIMIT, run, HOLDERS[holder], Duration::from_secs(12)).await.unwrap();
            prop_assert_eq!(answer, own.is_some());
        }
        Op::Record { run, holder, ending } => {
            let run = model.number(run);
            let answer = store.record(LIMIT, run, HOLDERS[holder], &ENDINGS[ending]).await.unwrap();
            prop_assert_eq!(answer, model.record(run, HOLDERS[holder], &ENDINGS[ending]));
        }
        Op::Newest { fleet, release, most } => {
            let wanted = release.map(|release| RELEASES[release]);
            let runs = store.newest(LIMIT, FLEETS[fleet], wanted, most).await.unwrap();
            let ours = |row: &&Row| row.fleet == fleet && wanted.is_none_or(|release| row.release == release);
            let most = usize::try_from(most).unwrap();
            prop_assert_eq!(runs.iter().map(readable).collect::<Vec<_>>(), model.newest_first(ours, most));
        }
        Op::Fleets => {
            let mut fleets = store.fleets(LIMIT).await.unwrap();
            fleets.sort_unstable();
            let mut expected: Vec<_> = model.rows.iter().map(|row| FLEETS[row.fleet].to_owned()).collect();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(fleets, expected);
        }
    }
    Ok(())
}
