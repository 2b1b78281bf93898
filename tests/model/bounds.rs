//! What was searched to the end: no promise broken, and from the states that were tried everybody got through.

use crate::explore::{Explored, explore};
use crate::setting::Fault::{ClockStep, Crash, Cut, Freeze, Late, Lost, Outage, Repeat, Restart, Signal, Slow, Stale};
use crate::setting::{A, A_OTHERWISE, B, Before, Setting, TWO_LEADERS, WIDE};

/// Every so manieth state is healed, to see that everybody gets through.
const PROBE: usize = 64;

/// The search ends without a find, after this many states, none of which is further than `depth` steps from the start.
fn holds(setting: &Setting, states: usize, depth: usize) {
    match explore(setting, PROBE) {
        Ok(explored) => assert_eq!(explored, Explored { states, depth }),
        Err(found) => panic!("{}", found.story),
    }
}

macro_rules! searches {
    ($($name:ident: $setting:expr, $states:literal, $depth:literal;)*) => {
        $(#[test] fn $name() { holds(&$setting, $states, $depth); })*
    };
}

const THREE_LEADERS: Setting = Setting { leaders: &[A, A, A], ..TWO_LEADERS };
const TWO_COMMANDS: Setting = Setting { leaders: &[A, A_OTHERWISE], ..TWO_LEADERS };
const FOLLOWED: Setting = Setting { leaders: &[A], followers: &['a'], ..TWO_LEADERS };

searches! {
    two_leaders_with_lost_messages_a_kill_and_a_lost_network:
        Setting { faults: &[(Lost, 1), (Crash, 1), (Cut, 1)], ..TWO_LEADERS }, 292_932, 47;
    two_leaders_with_kills_and_restarts_and_a_lost_network:
        Setting { faults: &[(Crash, 1), (Restart, 1), (Cut, 1)], ..TWO_LEADERS }, 1_173_516, 52;
    two_leaders_with_writes_that_come_late_or_twice:
        Setting { faults: &[(Lost, 1), (Late, 1), (Repeat, 1), (Crash, 1)], ..TWO_LEADERS }, 661_079, 51;
    two_leaders_with_slow_and_lost_messages_and_a_kill:
        Setting { faults: &[(Slow, 1), (Stale, 1), (Lost, 1), (Crash, 1)], ..TWO_LEADERS }, 611_447, 55;
    two_leaders_with_two_signals_a_lost_message_and_a_kill:
        Setting { faults: &[(Signal, 2), (Lost, 1), (Crash, 1)], ..TWO_LEADERS }, 320_514, 41;
    two_leaders_a_signal_and_a_claim_that_comes_late:
        Setting { faults: &[(Signal, 1), (Lost, 1), (Late, 1)], ..TWO_LEADERS }, 1, 1;
    two_leaders_one_of_which_is_frozen_for_a_while:
        Setting { faults: &[(Freeze, 1), (Slow, 1)], ..TWO_LEADERS }, 2_167_406, 51;
    two_leaders_and_a_database_that_is_gone_for_a_while:
        Setting { faults: &[(Outage, 1), (Crash, 1), (Restart, 1)], ..TWO_LEADERS }, 992_771, 52;
    two_leaders_whose_commands_leave_somebody_behind:
        Setting { faults: &[(Cut, 1), (Signal, 1)], leftovers: true, ..TWO_LEADERS }, 734_734, 38;
    two_leaders_of_two_releases:
        Setting { leaders: &[A, B], faults: &[(Lost, 1), (Crash, 1), (Cut, 1)], ..TWO_LEADERS }, 316_776, 47;
    two_leaders_of_one_release_with_two_commands:
        Setting { faults: &[(Lost, 1), (Crash, 1), (Restart, 1)], ..TWO_COMMANDS }, 272_310, 54;
    two_leaders_whose_commands_take_long_to_stop:
        Setting { scale: WIDE, faults: &[(Signal, 1), (Slow, 1), (Crash, 1)], ..TWO_LEADERS }, 513_914, 63;
    two_leaders_that_take_over_from_a_restored_backup:
        Setting { before: Before::Restored, faults: &[(Lost, 1), (Crash, 1)], ..TWO_LEADERS }, 10_960, 45;
    three_leaders_and_a_lost_message:
        Setting { faults: &[(Lost, 1)], ..THREE_LEADERS }, 639_212, 52;
    three_leaders_and_a_kill:
        Setting { faults: &[(Crash, 1)], ..THREE_LEADERS }, 119_606, 49;
    three_leaders_of_two_releases_and_a_signal:
        Setting { leaders: &[A, A, B], faults: &[(Signal, 1)], ..THREE_LEADERS }, 768_128, 45;
    a_follower_with_a_kill_a_lost_message_and_a_jump_of_the_clock:
        Setting { faults: &[(Crash, 1), (Lost, 1), (ClockStep, 1)], ..FOLLOWED }, 248_801, 63;
    a_follower_with_a_kill_a_restart_and_an_old_failure:
        Setting { before: Before::Failure, faults: &[(Crash, 1), (Restart, 1)], ..FOLLOWED }, 347_246, 70;
    a_follower_with_an_outage_and_a_kill:
        Setting { faults: &[(Outage, 1), (Crash, 1)], ..FOLLOWED }, 691_617, 64;
    a_follower_of_a_restored_backup_with_a_jump_of_the_clock:
        Setting { before: Before::Restored, faults: &[(ClockStep, 1)], ..FOLLOWED }, 18_341, 66;
    a_follower_of_a_release_that_succeeded_before:
        Setting { before: Before::Success, leaders: &[A, A], faults: &[(Lost, 1)], ..FOLLOWED }, 129_127, 43;
    a_follower_beside_the_leaders_of_two_releases:
        Setting { leaders: &[A, B], timeout: 4, ..FOLLOWED }, 280_898, 59;
    two_followers_of_one_release:
        Setting { followers: &['a', 'a'], timeout: 6, ..FOLLOWED }, 343_942, 45;
    two_followers_of_two_releases_and_a_kill:
        Setting { followers: &['a', 'b'], timeout: 5, faults: &[(Crash, 1)], ..FOLLOWED }, 294_839, 41;
    two_followers_and_two_leaders:
        Setting { leaders: &[A, A], followers: &['a', 'a'], timeout: 2, ..FOLLOWED }, 1_342_969, 47;
}
