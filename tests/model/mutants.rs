//! Every rule taken back: without it a promise breaks, and the search must find out.

use crate::document;
use crate::explore::explore;
use crate::setting::Fault::{ClockStep, Crash, Cut, Delete, Freeze, Late, Lost, Outage, Restart, Signal, Slow, Stale};
use crate::setting::{A, A_OTHERWISE, B, Before, Setting, TARDY, TWO_LEADERS, WIDE, with};

/// A rule taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    // In the table's guards.
    MarkLostWithoutActive,
    MarkLostWithoutBeats,
    NoUniqueIndex,
    BeatWithoutActive,
    RecordWithoutActive,
    RepeatedRecordRefused,
    ShortenedWithoutRestamp,
    IdsReused,
    // In what a process does on its way to the lease.
    NoWatch,
    WatchOfTwoBeats,
    WatchFromTheSending,
    DatabaseClockDecides,
    OwnClaimNotAdopted,
    AdoptedWithoutBeat,
    AnyCommandIsShared,
    OldSuccessShared,
    ClaimBrokenOff,
    UnsureClaimForgotten,
    BeatenMeansNothingIsOurs,
    StartedWithoutTrust,
    // In what a leader's process does.
    TrustFromTheAnswer,
    TrustAsLongAsTheLease,
    NoRequestLimit,
    ZeroRowsNotLookedAt,
    SignalAfterShortening,
    FencedByALostBeat,
    SignalAfterTheEndCounts,
    ExitAfterTheSignalCounts,
    ExitAfterTheFenceCounts,
    GuardWithGrace,
    GuardWithoutDeadline,
    GuardNotToldOfASignal,
    LeftoversForgotten,
    RecordingTriedOnce,
    RecordingEndsWithTrust,
    LeavesBeforeTheAnswer,
    MissingMigrationsPass,
    // In what a follower's process does.
    NoLastReading,
    SuccessNotSticky,
    AnyReleaseGoes,
    OneReadingIsSilence,
    OwnClockAloneIsSilence,
    NoRetryWindow,
    LaterRunsAreOld,
    StartClockNeverPauses,
    StartClockHeldByTheDead,
    StartClockRunsBesideAnother,
}

/// The mutant is caught, for this promise, by a shortest trace of this length, which is printed. With all rules in place
/// no trace of this length breaks anything within the same bounds: it is the rule that makes the difference.
fn caught(mutant: Mutant, setting: &Setting, promise: &str, length: usize) {
    let found = explore(&Setting { mutant: Some(mutant), ..*setting }, 0, usize::MAX);
    let found = found.err().unwrap_or_else(|| panic!("{mutant:?} is not caught"));
    println!("{mutant:?}\n{}\n", found.story);
    assert_eq!((found.broken.promise, found.events.len()), (promise, length));
    if let Err(found) = explore(setting, 0, length) {
        panic!("{}", found.story);
    }
}

// A mutant: the rule that it takes back (R1 to R8, or none of these), where it is made, the bounds, and what is found.
// `guard` is that of a statement, `decision` what goes into a shipped decision or comes out of it, `copy` the processes
// around it.
macro_rules! mutants {
    ($($name:ident: $mutant:ident, $rule:literal, $place:ident, $setting:expr, $promise:literal, $length:literal;)*) => {
        $(#[test] fn $name() { caught(Mutant::$mutant, &$setting, $promise, $length); })*

        #[test]
        fn the_document_tells_what_was_caught() {
            let names = [$(stringify!($name)),*];
            $(document::has_row(stringify!($name), &[&$rule, &stringify!($place), &$promise, &$length]);)*
            document::says(&format!("{} mutants", names.len()));
        }
    };
}

const ONE_LEADER: Setting = Setting { leaders: &[A], ..TWO_LEADERS };
const FOLLOWED: Setting = Setting { followers: &['a'], ..ONE_LEADER };

mutants! {
    a_takeover_that_marks_an_ended_run_lost:
        MarkLostWithoutActive, "R1", guard, with(TWO_LEADERS, &[(Cut, 1)]), "terminal states stay", 21;
    a_takeover_of_a_run_that_has_beaten_since:
        MarkLostWithoutBeats, "R1", guard, with(TWO_LEADERS, &[(Lost, 1)]), "P1", 17;
    a_table_without_its_unique_index:
        NoUniqueIndex, "R1", guard, TWO_LEADERS, "P1", 6;
    a_beat_of_a_run_that_was_marked_lost:
        BeatWithoutActive, "-", guard, with(TWO_LEADERS, &[(Lost, 1)]), "P1", 17;
    a_recording_over_another_ones_verdict:
        RecordWithoutActive, "-", guard, with(TWO_LEADERS, &[(Cut, 1)]), "terminal states stay", 21;
    a_recording_that_does_not_know_itself_again:
        RepeatedRecordRefused, "-", guard, with(ONE_LEADER, &[(Lost, 1)]), "P5", 10;
    a_shortened_lease_without_a_new_stamp:
        ShortenedWithoutRestamp, "R3", guard, with(WIDE_LEADERS, &[(Signal, 1)]), "P1", 23;
    run_numbers_that_are_used_again:
        IdsReused, "-", guard, with(ONE_LEADER, &[(Delete, 1), (Restart, 1)]), "ids grow", 11;
    a_takeover_without_a_watch:
        NoWatch, "R4", decision, TWO_LEADERS, "P1", 8;
    a_watch_of_two_beats:
        WatchOfTwoBeats, "R4", decision, with(TWO_LEADERS, &[(Cut, 1)]), "P1", 12;
    a_watch_counted_from_the_sending_of_the_look:
        WatchFromTheSending, "R4", copy, with(TARDY_LEADERS, &[(Stale, 1), (Cut, 1)]), "P1", 19;
    a_takeover_by_the_databases_clock_alone:
        DatabaseClockDecides, "R4", decision, with(TWO_LEADERS, &[(ClockStep, 1)]), "P6", 7;
    an_own_claim_that_is_not_adopted:
        OwnClaimNotAdopted, "R2", decision, with(ONE_LEADER, &[(Lost, 1)]), "P4", 12;
    an_own_claim_adopted_without_a_beat:
        AdoptedWithoutBeat, "R2", copy, with(TWO_LEADERS, &[(Lost, 1), (Cut, 1)]), "P1", 16;
    a_success_of_another_command_shared:
        AnyCommandIsShared, "-", decision, Setting { leaders: &[A, A_OTHERWISE], ..TWO_LEADERS }, "P5", 10;
    an_old_success_shared:
        OldSuccessShared, "-", decision, Setting { before: Before::Success, ..TWO_LEADERS }, "P5", 5;
    a_claim_broken_off_by_a_signal:
        ClaimBrokenOff, "R3", copy, with(ONE_LEADER, &[(Signal, 1), (Slow, 1)]), "P4", 5;
    a_signal_that_forgets_a_claim_without_an_answer:
        UnsureClaimForgotten, "R3", copy, with(ONE_LEADER, &[(Signal, 1), (Lost, 1)]), "P4", 4;
    a_beaten_claim_that_hides_an_own_one:
        BeatenMeansNothingIsOurs, "R3", copy, with(ONE_LEADER, &[(Signal, 1), (Late, 1)]), "P4", 7;
    a_command_started_without_trust:
        StartedWithoutTrust, "R2", decision, with(TWO_LEADERS, &[(Freeze, 1)]), "P1", 14;
    trust_counted_from_the_answer:
        TrustFromTheAnswer, "R2", copy, with(TARDY_LEADERS, &[(Slow, 1), (Cut, 1)]), "P1", 19;
    trust_as_long_as_the_lease:
        TrustAsLongAsTheLease, "-", decision, with(TWO_LEADERS, &[(Cut, 1)]), "P1", 19;
    requests_without_a_time_limit_and_trust_from_the_answer:
        NoRequestLimit, "R2", copy, with(TWO_LEADERS, &[(Slow, 1)]), "P1", 17;
    a_refused_beat_that_nobody_looks_at:
        ZeroRowsNotLookedAt, "-", decision, with(TWO_LEADERS, &[(Lost, 1)]), "P1", 17;
    one_lost_beat_that_ends_trust:
        FencedByALostBeat, "-", decision, with(ONE_LEADER, &[(Lost, 1)]), "trust", 6;
    a_signal_passed_on_after_the_shortening:
        SignalAfterShortening, "R3", copy, with(TARDY_LEADERS, &[(Signal, 1), (Slow, 1), (Cut, 1)]), "P1", 18;
    an_exit_with_0_after_a_signal_as_a_success:
        ExitAfterTheSignalCounts, "R3", decision, with(ONE_LEADER, &[(Signal, 1)]), "P2", 9;
    an_exit_with_0_after_a_fence_as_a_success:
        ExitAfterTheFenceCounts, "R6", decision, with(ONE_LEADER, &[(Cut, 1)]), "P2", 15;
    a_signal_that_takes_a_success_away:
        SignalAfterTheEndCounts, "R3", decision, with(ONE_LEADER, &[(Signal, 1)]), "P5", 9;
    a_guard_that_gives_a_grace:
        GuardWithGrace, "R5", copy, with(WIDE_LEADERS, &[(Cut, 1), (Crash, 1)]), "P1", 27;
    a_guard_without_a_deadline:
        GuardWithoutDeadline, "R5", copy, with(TWO_LEADERS, &[(Freeze, 1)]), "P1", 16;
    a_guard_that_is_not_told_of_a_signal:
        GuardNotToldOfASignal, "R5", copy, with(TWO_LEADERS, &[(Signal, 1), (Freeze, 1)]), "P1", 15;
    leftovers_that_are_not_waited_for:
        LeftoversForgotten, "R6", decision, Setting { leftovers: true, ..TWO_LEADERS }, "P1", 11;
    leaving_before_the_recording_is_answered:
        LeavesBeforeTheAnswer, "-", decision, ONE_LEADER, "P5", 6;
    a_recording_that_is_tried_once:
        RecordingTriedOnce, "-", decision, with(ONE_LEADER, &[(Lost, 1)]), "P5", 7;
    a_recording_that_ends_with_trust:
        RecordingEndsWithTrust, "R6", decision, with(ONE_LEADER, &[(Cut, 1)]), "P5", 10;
    a_gate_that_lets_missing_migrations_pass:
        MissingMigrationsPass, "-", decision, Setting { gated: true, ..ONE_LEADER }, "P2", 8;
    a_follower_without_a_last_reading:
        NoLastReading, "-", copy, FOLLOWED, "P3", 45;
    a_success_taken_back_by_a_later_failure:
        SuccessNotSticky, "-", decision, Setting { before: Before::Success, ..FOLLOWED }, "P8", 5;
    another_releases_success_as_a_go:
        AnyReleaseGoes, "-", decision, Setting { leaders: &[B], ..FOLLOWED }, "P2", 5;
    one_reading_of_the_databases_clock_as_silence:
        OneReadingIsSilence, "R7", decision, with(FOLLOWED, &[(ClockStep, 1)]), "P6", 6;
    ones_own_clock_alone_as_silence:
        OwnClockAloneIsSilence, "R7", decision, with(FOLLOWED, &[(Cut, 1)]), "P6", 11;
    an_old_failure_that_stops_at_once:
        NoRetryWindow, "R7", decision, Setting { before: Before::Failure, ..FOLLOWED }, "retry window", 2;
    a_run_that_began_later_taken_for_an_old_one:
        LaterRunsAreOld, "R7", decision, Setting { before: Before::Failure, ..FOLLOWED }, "P4", 11;
    a_start_clock_that_runs_through_an_outage:
        StartClockNeverPauses, "R8", copy, with(Setting { leaders: &[B], ..FOLLOWED }, &[(Outage, 1)]), "start timeout", 10;
    a_start_clock_held_by_a_dead_run:
        StartClockHeldByTheDead, "R8", decision, with(Setting { leaders: &[B], timeout: 16, ..FOLLOWED }, &[(Crash, 1)]), "P4", 31;
    a_start_clock_that_runs_beside_another_releases_run:
        StartClockRunsBesideAnother, "R8", decision, Setting { leaders: &[B], ..FOLLOWED }, "start timeout", 11;
}

const WIDE_LEADERS: Setting = Setting { scale: WIDE, ..TWO_LEADERS };
const TARDY_LEADERS: Setting = Setting { scale: TARDY, ..TWO_LEADERS };
