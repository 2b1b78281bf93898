//! What was searched to the end: no promise broken, and from the states that were tried everybody got through.

use crate::document;
use crate::explore::{Explored, explore};
use crate::setting::Fault::{
    ClockStep, Crash, Cut, Freeze, Late, Lost, NoStart, Outage, Repeat, Restart, Signal, Slow, Stale,
};
use crate::setting::{A, A_OTHERWISE, B, BRISK, Before, Setting, TARDY, TWO_LEADERS, WIDE, with};

/// Of so many states one is healed, to see that everybody gets through.
const PROBE: usize = 64;

/// The search ends without a find, after this many states, none of which is further than `depth` steps from the start.
fn holds(setting: &Setting, states: usize, depth: usize) {
    match explore(setting, PROBE, usize::MAX) {
        Ok(explored) => assert_eq!(explored, Explored { states, depth }),
        Err(found) => panic!("{}", found.story),
    }
}

macro_rules! searches {
    ($($name:ident: $setting:expr, $states:literal, $depth:literal;)*) => {
        $(#[test] fn $name() { holds(&$setting, $states, $depth); })*

        #[test]
        fn the_document_tells_what_was_searched() {
            let states = [$($states),*];
            $(document::has_row(stringify!($name), &[&$states, &$depth]);)*
            document::says(&format!("{} searches {} states", states.len(), states.iter().sum::<usize>()));
        }
    };
}

const THREE_LEADERS: Setting = Setting { leaders: &[A, A, A], ..TWO_LEADERS };
const FOLLOWED: Setting = Setting { leaders: &[A], followers: &['a'], ..TWO_LEADERS };

searches! {
    two_leaders_with_a_lost_message_a_kill_and_a_cut:
        with(TWO_LEADERS, &[(Lost, 1), (Crash, 1), (Cut, 1)]), 333_024, 47;
    two_leaders_with_three_lost_messages_and_a_kill:
        with(TWO_LEADERS, &[(Lost, 3), (Crash, 1)]), 130_613, 56;
    two_leaders_with_a_kill_a_restart_and_a_cut:
        with(TWO_LEADERS, &[(Crash, 1), (Restart, 1), (Cut, 1)]), 1_199_142, 52;
    two_leaders_with_a_late_write_a_repeated_one_a_lost_message_and_a_kill:
        with(TWO_LEADERS, &[(Late, 1), (Repeat, 1), (Lost, 1), (Crash, 1)]), 731_420, 51;
    two_leaders_with_a_slow_write_a_slow_look_a_lost_message_and_a_kill:
        with(TWO_LEADERS, &[(Slow, 1), (Stale, 1), (Lost, 1), (Crash, 1)]), 709_155, 55;
    two_leaders_with_two_signals_a_lost_message_and_a_kill:
        with(TWO_LEADERS, &[(Signal, 2), (Lost, 1), (Crash, 1)]), 350_141, 41;
    two_leaders_with_a_signal_a_lost_message_and_a_late_write:
        with(TWO_LEADERS, &[(Signal, 1), (Lost, 1), (Late, 1)]), 1_234_792, 50;
    two_leaders_with_a_signal_a_start_that_fails_and_a_cut:
        with(TWO_LEADERS, &[(Signal, 1), (NoStart, 1), (Cut, 1)]), 482_444, 37;
    two_leaders_with_a_freeze_and_a_slow_write:
        with(TWO_LEADERS, &[(Freeze, 1), (Slow, 1)]), 2_244_318, 51;
    two_leaders_with_a_freeze_and_a_signal:
        with(TWO_LEADERS, &[(Freeze, 1), (Signal, 1)]), 1_778_644, 44;
    two_leaders_with_a_kill_and_a_clock_that_jumps:
        with(TWO_LEADERS, &[(Crash, 1), (ClockStep, 1)]), 8_080, 31;
    two_leaders_with_a_cut_and_a_clock_that_jumps:
        with(TWO_LEADERS, &[(Cut, 1), (ClockStep, 1)]), 158_497, 35;
    two_leaders_after_an_old_success_with_a_lost_message_and_a_kill:
        Setting { before: Before::Success, ..with(TWO_LEADERS, &[(Lost, 1), (Crash, 1)]) }, 10_720, 38;
    two_leaders_with_an_outage_a_kill_and_a_restart:
        with(TWO_LEADERS, &[(Outage, 1), (Crash, 1), (Restart, 1)]), 1_111_964, 52;
    two_leaders_whose_commands_leave_somebody_behind_with_a_cut_and_a_signal:
        Setting { leftovers: true, ..with(TWO_LEADERS, &[(Cut, 1), (Signal, 1)]) }, 753_940, 38;
    two_leaders_whose_commands_may_run_for_three_seconds_with_a_lost_message_a_kill_and_a_signal:
        Setting { command_limit: Some(3), ..with(TWO_LEADERS, &[(Lost, 1), (Crash, 1), (Signal, 1)]) }, 368_915, 44;
    two_leaders_with_a_migration_gate_a_lost_message_a_kill_and_a_signal:
        Setting { gated: true, ..with(TWO_LEADERS, &[(Lost, 1), (Crash, 1), (Signal, 1)]) }, 139_947, 40;
    two_leaders_with_a_migration_gate_a_cut_and_a_signal:
        Setting { gated: true, ..with(TWO_LEADERS, &[(Cut, 1), (Signal, 1)]) }, 715_891, 42;
    two_leaders_whose_commands_take_long_to_stop_with_a_signal_a_slow_write_and_a_kill:
        Setting { scale: WIDE, ..with(TWO_LEADERS, &[(Signal, 1), (Slow, 1), (Crash, 1)]) }, 546_996, 63;
    two_leaders_whose_commands_take_long_to_stop_with_two_signals_and_a_cut:
        Setting { scale: BRISK, ..with(TWO_LEADERS, &[(Signal, 2), (Cut, 1)]) }, 3_709_750, 51;
    two_leaders_whose_requests_may_take_two_beats_with_a_slow_write_and_a_cut:
        Setting { scale: TARDY, ..with(TWO_LEADERS, &[(Slow, 1), (Cut, 1)]) }, 764_876, 44;
    two_leaders_of_two_releases_with_a_lost_message_a_kill_and_a_cut:
        Setting { leaders: &[A, B], ..with(TWO_LEADERS, &[(Lost, 1), (Crash, 1), (Cut, 1)]) }, 357_921, 47;
    two_leaders_of_one_release_and_two_commands_with_a_lost_message_a_kill_and_a_restart:
        Setting { leaders: &[A, A_OTHERWISE], ..with(TWO_LEADERS, &[(Lost, 1), (Crash, 1), (Restart, 1)]) }, 299_929, 54;
    two_leaders_behind_a_restored_backup_with_a_lost_message_and_a_kill:
        Setting { before: Before::Restored, ..with(TWO_LEADERS, &[(Lost, 1), (Crash, 1)]) }, 12_034, 45;
    three_leaders_with_a_lost_message_and_a_kill:
        with(THREE_LEADERS, &[(Lost, 1), (Crash, 1)]), 1_204_439, 58;
    three_leaders_with_a_cut:
        with(THREE_LEADERS, &[(Cut, 1)]), 2_915_999, 54;
    three_leaders_of_two_releases_with_a_signal:
        Setting { leaders: &[A, A, B], ..with(THREE_LEADERS, &[(Signal, 1)]) }, 768_128, 45;
    a_follower_with_a_kill_a_lost_message_and_a_clock_that_jumps:
        with(FOLLOWED, &[(Crash, 1), (Lost, 1), (ClockStep, 1)]), 220_813, 56;
    a_follower_with_a_cut_a_kill_and_a_clock_that_jumps:
        with(FOLLOWED, &[(Cut, 1), (Crash, 1), (ClockStep, 1)]), 922_334, 58;
    a_follower_with_a_signal_a_kill_and_a_lost_message:
        with(FOLLOWED, &[(Signal, 1), (Crash, 1), (Lost, 1)]), 544_731, 57;
    a_follower_with_an_outage_and_a_kill:
        with(FOLLOWED, &[(Outage, 1), (Crash, 1)]), 661_534, 64;
    a_follower_that_waits_for_long_with_a_kill:
        Setting { timeout: 20, ..with(FOLLOWED, &[(Crash, 1)]) }, 32_799, 86;
    a_follower_after_an_old_failure_with_a_kill_and_a_restart:
        Setting { before: Before::Failure, ..with(FOLLOWED, &[(Crash, 1), (Restart, 1)]) }, 99_032, 68;
    a_follower_after_a_restored_backup_with_a_clock_that_jumps:
        Setting { before: Before::Restored, ..with(FOLLOWED, &[(ClockStep, 1)]) }, 15_542, 62;
    a_follower_after_an_old_success_beside_two_leaders_with_a_lost_message:
        Setting { before: Before::Success, leaders: &[A, A], ..with(FOLLOWED, &[(Lost, 1)]) }, 31_931, 40;
    a_follower_beside_the_leaders_of_two_releases:
        Setting { leaders: &[A, B], timeout: 4, ..FOLLOWED }, 119_015, 38;
    two_followers_of_one_release:
        Setting { followers: &['a', 'a'], timeout: 6, ..FOLLOWED }, 331_331, 39;
    two_followers_of_one_release_with_a_kill:
        Setting { followers: &['a', 'a'], timeout: 5, ..with(FOLLOWED, &[(Crash, 1)]) }, 260_025, 39;
    two_followers_of_two_releases_with_a_kill:
        Setting { followers: &['a', 'b'], timeout: 5, ..with(FOLLOWED, &[(Crash, 1)]) }, 281_509, 39;
    two_followers_and_two_leaders:
        Setting { leaders: &[A, A], followers: &['a', 'a'], timeout: 2, ..FOLLOWED }, 507_427, 43;
}
