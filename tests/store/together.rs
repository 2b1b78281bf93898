//! Several clients at once: the database lets one of them win, and everybody is told the truth.

use super::{LIMIT, block_on, open};
use crate::support::databases::Database;
use crate::support::new_run;
use bellwether::protocol::claim::Seen;
use bellwether::store::{Class, Ending, Store, StoreError};
use std::sync::Barrier;
use std::thread;

const CLIENTS: usize = 6;
const ROUNDS: usize = 8;

on_each_database! {
    of_claims_at_once_one_wins,
    of_takeover_and_outcome_one_wins,
    beats_at_once_are_all_counted,
}

/// Lets clients, each with a connection of its own, do something at the same time.
fn together<T: Send>(database: &Database, client: impl Fn(usize, &mut Store) -> T + Sync) -> Vec<T> {
    let stores: Vec<Store> = (0..CLIENTS).map(|_| open(database, "runs")).collect();
    let barrier = Barrier::new(CLIENTS);
    let (barrier, client) = (&barrier, &client);
    thread::scope(|scope| {
        let threads: Vec<_> = stores
            .into_iter()
            .enumerate()
            .map(|(number, mut store)| {
                scope.spawn(move || {
                    barrier.wait();
                    client(number, &mut store)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Asks again as long as two writers met, as the program does.
async fn settled<T>(mut ask: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.class == Class::Contended, "{error}"),
        }
    }
}

fn created(database: &Database) -> Store {
    let mut store = open(database, "runs");
    block_on(async {
        store.create(LIMIT).await.unwrap();
        store.disconnect().await;
    });
    open(database, "runs")
}

/// First of an empty fleet, then each time over the same silent run.
fn of_claims_at_once_one_wins(database: &Database) {
    drop(created(database));
    let mut over = None;
    for round in 0..ROUNDS {
        let answers = together(database, |number, store| {
            let bid = new_run("default", "r1", &format!("holder {round} {number}"));
            block_on(settled(async || store.claim(LIMIT, &bid, over).await))
        });
        let won: Vec<i64> = answers.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "round {round}: {won:?}");
        over = Some(Seen { run: won[0], beats: 1 });
    }
    let active = database.value("SELECT count(*) FROM runs WHERE active = 1");
    let lost = database.value("SELECT count(*) FROM runs WHERE state = 'lost'");
    assert_eq!((active, lost), ("1".to_owned(), (ROUNDS - 1).to_string()));
}

/// A leader records its success while others take it over: either it is stored, or it is told that it is not.
fn of_takeover_and_outcome_one_wins(database: &Database) {
    drop(created(database));
    let success = Ending { state: "succeeded", exit_code: 0, cause: "exited", detail: None };
    for round in 0..ROUNDS {
        let fleet = format!("fleet {round}");
        let run = block_on(async {
            let mut store = open(database, "runs");
            store.claim(LIMIT, &new_run(&fleet, "r1", "leader"), None).await.unwrap().unwrap()
        });
        let over = Some(Seen { run, beats: 1 });
        let answers = together(database, |number, store| {
            let bid = new_run(&fleet, "r1", &format!("holder {number}"));
            block_on(async {
                if number == 0 {
                    settled(async || store.record(LIMIT, run, "leader", &success).await).await
                } else {
                    settled(async || store.claim(LIMIT, &bid, over).await).await.is_some()
                }
            })
        });
        assert_eq!(answers.iter().filter(|won| **won).count(), 1, "round {round}: {answers:?}");
        let state = database.value(&format!("SELECT state FROM runs WHERE id = {run}"));
        assert_eq!(state, if answers[0] { "succeeded" } else { "lost" });
    }
}

fn beats_at_once_are_all_counted(database: &Database) {
    let mut store = created(database);
    let bid = new_run("default", "r1", "leader");
    let run = block_on(async { store.claim(LIMIT, &bid, None).await.unwrap().unwrap() });
    together(database, |_, store| {
        block_on(async {
            for _ in 0..ROUNDS {
                assert!(settled(async || store.beat(LIMIT, run, "leader").await).await);
            }
        });
    });
    assert_eq!(database.value("SELECT beats FROM runs"), (1 + CLIENTS * ROUNDS).to_string());
}
