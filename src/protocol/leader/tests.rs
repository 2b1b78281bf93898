use super::super::run::tests::seconds;
use super::*;

const INT: u8 = 2;

/// The default durations: lease 60 s, beat 10 s, kill-after 10 s, trust 48 s.
fn leader(command: Option<Duration>) -> Leader {
    let policy = LeasePolicy::new(seconds(60), seconds(10)).expect("the durations fit");
    Leader::new(policy, Limits { command, recording: seconds(30) }, seconds(0))
}

fn running() -> Leader {
    let mut leader = leader(None);
    assert_eq!(leader.step(seconds(0), Happening::Prepared), [Action::Start]);
    leader
}

fn ended(code: u8, leftovers: bool) -> Happening {
    Happening::CommandEnded { end: CommandEnd::Exited(code), leftovers }
}

fn left(outcome: Outcome, recorded: Recorded) -> [Action; 1] {
    [Action::Leave(Departure { outcome, recorded })]
}

const SUCCESS: Outcome = Outcome { succeeded: true, cause: Cause::Exited, exit_code: 0 };
const BEAT: Action = Action::Beat { shortened: false };
const LAST_BEAT: Action = Action::Beat { shortened: true };

#[test]
fn a_command_that_ends_well_is_recorded_and_left() {
    let mut leader = running();
    assert_eq!(leader.step(seconds(3), ended(0, false)), [Action::Record(SUCCESS)]);
    assert_eq!(leader.step(seconds(3), Happening::RecordAnswered(Answer::Landed)), left(SUCCESS, Recorded::Stored));
}

#[test]
fn beats_go_every_sixth_of_the_lease_and_renew_trust_from_when_they_were_sent() {
    let mut leader = running();
    assert_eq!(leader.wake_at(), seconds(10));
    assert_eq!(leader.step(seconds(10), Happening::Tick), [BEAT]);
    assert_eq!(leader.step(seconds(12), Happening::BeatAnswered(Answer::Landed)), []);
    assert_eq!((leader.wake_at(), leader.dead_by()), (seconds(20), seconds(10 + 59)));
}

#[test]
fn no_command_starts_without_trust_left() {
    let mut leader = leader(None);
    let fenced = Outcome::failed(Cause::Fenced, 125);
    assert_eq!(leader.step(seconds(48), Happening::Prepared), [Action::Record(fenced)]);
}

#[test]
fn when_trust_runs_out_the_command_is_stopped_and_never_recorded_as_a_success() {
    let mut leader = running();
    assert_eq!(leader.step(seconds(10), Happening::Tick), [BEAT]);
    assert_eq!(leader.step(seconds(48), Happening::Tick), [Action::Signal(TERM)]);
    assert_eq!(leader.step(seconds(58), Happening::Tick), [Action::Kill]);
    assert_eq!(leader.step(seconds(58), ended(0, false)), [], "a beat is still on its way");
    let fenced = Outcome::failed(Cause::Fenced, 125);
    assert_eq!(leader.step(seconds(59), Happening::BeatAnswered(Answer::Failed)), [Action::Record(fenced)]);
    assert_eq!(leader.step(seconds(59), Happening::RecordAnswered(Answer::Landed)), left(fenced, Recorded::Stored));
}

#[test]
fn a_failed_beat_is_repeated_soon() {
    let mut leader = running();
    leader.step(seconds(10), Happening::Tick);
    assert_eq!(leader.step(seconds(15), Happening::BeatAnswered(Answer::Failed)), []);
    assert_eq!(leader.wake_at(), seconds(16));
    assert_eq!(leader.step(seconds(16), Happening::Tick), [BEAT]);
}

#[test]
fn a_refused_beat_stops_the_command_and_nothing_is_recorded() {
    for (answer, recorded) in [(Answer::Refused, Recorded::Refused), (Answer::TableGone, Recorded::TableGone)] {
        let mut leader = running();
        leader.step(seconds(10), Happening::Tick);
        assert_eq!(leader.step(seconds(10), Happening::BeatAnswered(answer)), [Action::Signal(TERM)]);
        let fenced = Outcome::failed(Cause::Fenced, 125);
        assert_eq!(leader.step(seconds(11), ended(0, false)), left(fenced, recorded));
    }
}

#[test]
fn the_first_signal_is_passed_on_before_anything_else_and_the_second_kills() {
    let mut leader = running();
    assert_eq!(leader.step(seconds(5), Happening::Signalled(INT)), [Action::Signal(INT), LAST_BEAT]);
    assert_eq!(leader.dead_by(), seconds(16), "KILL at 15");
    assert_eq!(leader.step(seconds(6), Happening::Signalled(INT)), [Action::Kill]);
    leader.step(seconds(6), Happening::BeatAnswered(Answer::Landed));
    let outcome = Outcome::failed(Cause::Interrupted, 130);
    let end = Happening::CommandEnded { end: CommandEnd::Signalled(9), leftovers: false };
    assert_eq!(leader.step(seconds(6), end), [Action::Record(outcome)]);
}

#[test]
fn after_a_signal_kill_waits_for_nothing_and_beats_renew_the_shortened_lease_only() {
    let mut leader = running();
    leader.step(seconds(10), Happening::Tick);
    assert_eq!(leader.step(seconds(11), Happening::Signalled(TERM)), [Action::Signal(TERM)], "a beat is on its way");
    assert_eq!(leader.step(seconds(12), Happening::BeatAnswered(Answer::Landed)), [LAST_BEAT]);
    assert_eq!(leader.step(seconds(13), Happening::BeatAnswered(Answer::Landed)), []);
    assert_eq!(leader.wake_at(), seconds(14), "a sixth of 12 s after the last one was sent");
    assert_eq!(leader.step(seconds(14), Happening::Tick), [LAST_BEAT]);
    assert_eq!(leader.step(seconds(21), Happening::Tick), [Action::Kill]);
}

#[test]
fn an_exit_with_0_after_a_signal_is_no_success() {
    let mut leader = running();
    leader.step(seconds(5), Happening::Signalled(TERM));
    leader.step(seconds(5), Happening::BeatAnswered(Answer::Landed));
    let outcome = Outcome::failed(Cause::Interrupted, 143);
    assert_eq!(leader.step(seconds(6), ended(0, false)), [Action::Record(outcome)]);
}

#[test]
fn a_signal_before_the_command_or_after_its_end() {
    let outcome = Outcome::failed(Cause::Interrupted, 143);
    assert_eq!(leader(None).step(seconds(1), Happening::Signalled(TERM)), [Action::Record(outcome)]);
    let mut recording = running();
    recording.step(seconds(3), ended(0, false));
    assert_eq!(recording.step(seconds(4), Happening::Signalled(TERM)), []);
    assert_eq!(recording.step(seconds(5), Happening::RecordAnswered(Answer::Landed)), left(SUCCESS, Recorded::Stored));
}

#[test]
fn leftovers_are_asked_then_killed_with_beats_going_on() {
    let mut leader = running();
    assert_eq!(leader.step(seconds(3), ended(0, true)), [Action::Signal(TERM)]);
    assert_eq!(leader.step(seconds(10), Happening::Tick), [BEAT]);
    leader.step(seconds(10), Happening::BeatAnswered(Answer::Landed));
    assert_eq!(leader.step(seconds(13), Happening::Tick), [Action::Kill]);
    assert_eq!(leader.step(seconds(13), Happening::GroupEmpty), [Action::Record(SUCCESS)]);
}

#[test]
fn leftovers_that_outlive_the_trust_make_the_run_a_fenced_one() {
    let mut leader = running();
    leader.step(seconds(10), Happening::Tick);
    leader.step(seconds(20), Happening::BeatAnswered(Answer::Failed));
    assert!(leader.step(seconds(40), ended(0, true)).contains(&Action::Signal(TERM)));
    leader.step(seconds(48), Happening::BeatAnswered(Answer::Failed));
    assert_eq!(leader.stopping(), Some(Stopping::Fenced));
    let fenced = Outcome::failed(Cause::Fenced, 125);
    assert_eq!(leader.step(seconds(48), Happening::GroupEmpty), [Action::Record(fenced)]);
}

#[test]
fn a_command_that_overruns_is_stopped_with_124() {
    let mut leader = leader(Some(seconds(5)));
    leader.step(seconds(1), Happening::Prepared);
    assert_eq!(leader.wake_at(), seconds(6));
    assert_eq!(leader.step(seconds(6), Happening::Tick), [Action::Signal(TERM)]);
    assert_eq!(leader.step(seconds(7), ended(0, false)), [Action::Record(Outcome::failed(Cause::Overran, 124))]);
}

#[test]
fn the_recording_is_repeated_until_its_time_is_spent() {
    let mut leader = running();
    leader.step(seconds(3), ended(0, false));
    assert_eq!(leader.step(seconds(8), Happening::RecordAnswered(Answer::Failed)), []);
    assert_eq!(leader.wake_at(), seconds(9));
    assert_eq!(leader.step(seconds(100), Happening::Tick), [Action::Record(SUCCESS)], "the lease is over: no matter");
    let given_up = left(SUCCESS, Recorded::GivenUp);
    assert_eq!(leader.step(seconds(105), Happening::RecordAnswered(Answer::Failed)), given_up);
}

#[test]
fn a_preparation_that_fails_after_a_signal_changes_nothing() {
    let mut leader = leader(None);
    let outcome = Outcome::failed(Cause::Interrupted, 143);
    assert_eq!(leader.step(seconds(1), Happening::Signalled(TERM)), [Action::Record(outcome)]);
    assert_eq!(leader.step(seconds(1), Happening::NotStarted(120)), [], "one request at a time");
    assert_eq!(leader.step(seconds(2), Happening::RecordAnswered(Answer::Landed)), left(outcome, Recorded::Stored));
}

#[test]
fn a_command_that_cannot_be_started_is_recorded_as_such() {
    let mut leader = running();
    let outcome = Outcome::failed(Cause::NotStarted, 127);
    assert_eq!(leader.step(seconds(0), Happening::NotStarted(127)), [Action::Record(outcome)]);
}

fn checking() -> Leader {
    let mut leader = leader(None).gated();
    leader.step(seconds(0), Happening::Prepared);
    assert_eq!(leader.step(seconds(3), ended(0, false)), [Action::Check]);
    leader
}

#[test]
fn with_a_gate_only_a_complete_check_makes_a_success() {
    for (check, outcome) in [
        (Check::Complete, SUCCESS),
        (Check::Pending, Outcome::failed(Cause::Pending, 123)),
        (Check::Refused, Outcome::failed(Cause::Pending, 125)),
    ] {
        let mut leader = checking();
        assert_eq!(leader.step(seconds(4), Happening::CheckAnswered(check)), [Action::Record(outcome)]);
    }
}

#[test]
fn a_gate_does_not_matter_to_a_command_that_failed() {
    let mut leader = leader(None).gated();
    leader.step(seconds(0), Happening::Prepared);
    let outcome = Outcome { succeeded: false, cause: Cause::Exited, exit_code: 3 };
    assert_eq!(leader.step(seconds(3), ended(3, false)), [Action::Record(outcome)]);
}

#[test]
fn a_check_that_fails_is_repeated_until_its_time_is_spent_with_beats_going_on() {
    let mut leader = checking();
    assert_eq!(leader.step(seconds(8), Happening::CheckAnswered(Check::Failed)), []);
    assert_eq!(leader.wake_at(), seconds(9));
    assert_eq!(leader.step(seconds(9), Happening::Tick), [Action::Check]);
    assert_eq!(leader.step(seconds(10), Happening::Tick), [BEAT]);
    leader.step(seconds(10), Happening::BeatAnswered(Answer::Landed));
    let outcome = Outcome::failed(Cause::Pending, 125);
    assert!(leader.step(seconds(33), Happening::CheckAnswered(Check::Failed)).contains(&Action::Record(outcome)));
}

#[test]
fn neither_the_end_of_trust_nor_a_signal_takes_a_checked_success_away() {
    let mut leader = checking();
    leader.step(seconds(10), Happening::Tick);
    assert_eq!(leader.step(seconds(11), Happening::Signalled(TERM)), []);
    leader.step(seconds(48), Happening::BeatAnswered(Answer::Failed));
    assert_eq!(leader.step(seconds(50), Happening::CheckAnswered(Check::Complete)), [Action::Record(SUCCESS)]);
}

#[test]
fn a_signal_makes_the_check_on_its_way_the_last() {
    let mut leader = checking();
    leader.step(seconds(4), Happening::Signalled(TERM));
    let outcome = Outcome::failed(Cause::Interrupted, 143);
    assert_eq!(leader.step(seconds(5), Happening::CheckAnswered(Check::Failed)), [Action::Record(outcome)]);
}

#[test]
fn a_run_that_is_lost_while_it_is_checked_is_left() {
    let mut leader = checking();
    assert_eq!(leader.step(seconds(10), Happening::Tick), [BEAT]);
    let answer = Happening::BeatAnswered(Answer::Refused);
    assert_eq!(leader.step(seconds(10), answer), left(SUCCESS, Recorded::Refused));
}
