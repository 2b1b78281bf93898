//! All that there is: the table, the processes, what is still on its way, and every next step.

use std::fmt;

use bellwether::protocol::leader::Happening;

use crate::Broken;
use crate::process::{Act, Group, Interruption, Life, Phase, Process};
use crate::setting::{Fault, Faults, Setting};
use crate::table::{Reply, Table, Write};
use crate::watcher::Watcher;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub table: Table,
    pub processes: Vec<Process>,
    pub watchers: Vec<Watcher>,
    /// Writes that were given up or are repeated: each may be executed at any later time, or never.
    pub late: Vec<Write>,
    /// The database can't be reached by anybody.
    pub down: bool,
    pub faults: Faults,
}

/// One step of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A second passes.
    Tick,
    Leader(u8, Act),
    FollowerStarts(u8),
    FollowerPolls(u8),
    FollowerCannotPoll(u8),
    /// A write comes late.
    Late(u8),
    Down,
    Up,
    ClockStep,
    Delete,
}

impl World {
    pub fn new(setting: &Setting) -> Self {
        Self {
            table: Table::new(setting.before),
            processes: vec![Process::new(); setting.leaders.len()],
            watchers: setting.followers.iter().map(|release| Watcher::new(*release)).collect(),
            late: Vec::new(),
            down: false,
            faults: Faults::of(setting.faults),
        }
    }

    pub fn reachable(&self, i: usize) -> bool {
        !self.down && !self.processes[i].cut
    }

    /// Everything that can happen next.
    pub fn events(&self, setting: &Setting) -> Vec<Event> {
        let mut events = Vec::new();
        for (i, process) in self.processes.iter().enumerate() {
            // Leaders of the same release and command are alike, so they start in order.
            let twin = i.checked_sub(1).filter(|twin| setting.leaders[*twin] == setting.leaders[i]);
            if process.phase == Phase::Off && twin.is_some_and(|twin| self.processes[twin].phase == Phase::Off) {
                continue;
            }
            let index = u8::try_from(i).unwrap();
            let options = process.options(self.faults, self.reachable(i), setting.request_limit());
            events.extend(options.into_iter().map(|act| Event::Leader(index, act)));
            events.extend(process.command_options(setting).into_iter().map(|act| Event::Leader(index, act)));
        }
        self.follower_events(&mut events);
        if !self.down {
            events.extend((0..u8::try_from(self.late.len()).unwrap()).map(Event::Late));
        }
        let can = |fault, possible| self.faults.has(fault) && possible;
        events.extend(can(Fault::Outage, !self.down).then_some(Event::Down));
        events.extend(self.down.then_some(Event::Up));
        events.extend(can(Fault::ClockStep, true).then_some(Event::ClockStep));
        events.extend(can(Fault::Delete, self.table.deletable()).then_some(Event::Delete));
        events.extend(self.may_tick(setting).then_some(Event::Tick));
        events
    }

    fn follower_events(&self, events: &mut Vec<Event>) {
        for (i, watcher) in self.watchers.iter().enumerate() {
            let index = u8::try_from(i).unwrap();
            events.extend(watcher.is_off().then_some(Event::FollowerStarts(index)));
            if watcher.is_to_poll() {
                events.extend((!self.down).then_some(Event::FollowerPolls(index)));
                events.extend((self.down || self.faults.has(Fault::Lost)).then_some(Event::FollowerCannotPoll(index)));
            }
        }
    }

    /// Time waits for whatever happens within the second.
    fn may_tick(&self, setting: &Setting) -> bool {
        let waits = |(i, process): (usize, &Process)| {
            let frozen = process.frozen;
            let flight = process.flight.as_ref().is_some_and(|flight| {
                if flight.slow || !self.reachable(i) { flight.age >= setting.request_limit() } else { true }
            });
            let due = match &process.phase {
                Phase::Leading(leading) => {
                    let limit = setting.request_limit();
                    let answer = leading.checking.is_some_and(|age| self.reachable(i) || age >= limit);
                    answer || leading.leader.wake_at() <= leading.now() || process.group.has_news()
                }
                _ => false,
            };
            (!frozen && (flight || due)) || process.guard_is_due(setting)
        };
        !self.processes.iter().enumerate().any(waits) && !self.watchers.iter().any(Watcher::is_to_poll)
    }

    /// The world after an event, unless the event breaks a promise.
    pub fn after(&self, setting: &Setting, event: Event) -> Result<Self, Broken> {
        let mut next = self.clone();
        match event {
            Event::Tick => next.tick(setting)?,
            Event::Leader(i, act) => next.act(setting, i.into(), act)?,
            Event::FollowerStarts(i) => next.watchers[usize::from(i)].start(setting),
            Event::FollowerPolls(i) => {
                let Self { table, watchers, .. } = &mut next;
                watchers[usize::from(i)].poll(setting, table)?;
            }
            Event::FollowerCannotPoll(i) => {
                if !next.down {
                    next.faults.spend(Fault::Lost);
                }
                next.watchers[usize::from(i)].cannot_poll(setting);
            }
            Event::Late(i) => {
                let write = next.late.remove(i.into());
                next.execute(setting, write)?;
            }
            Event::Down => {
                next.faults.spend(Fault::Outage);
                next.down = true;
            }
            Event::Up => next.down = false,
            Event::ClockStep => {
                next.faults.spend(Fault::ClockStep);
                next.table.step_clock();
            }
            Event::Delete => {
                next.faults.spend(Fault::Delete);
                next.table.rows.pop();
            }
        }
        next.table.forget_ages(!setting.ages_matter());
        if next.processes.iter().filter(|process| process.group.is_alive()).count() > 1 {
            return Err(Broken::new("P1", "two commands are alive at once"));
        }
        if next.table.rows.iter().filter(|row| row.active).count() > 1 {
            return Err(Broken::new("P1", "two runs are active at once"));
        }
        Ok(next)
    }

    fn tick(&mut self, setting: &Setting) -> Result<(), Broken> {
        self.table.tick();
        // What is frozen is counted up to here, past every moment that a leader can have noted.
        let long_ago = 3 * setting.scale.lease;
        let somebody_leads = self.processes.iter().any(|process| process.is_up() || process.group.is_alive());
        for process in &mut self.processes {
            let aged = |age: u8| if process.frozen { (age + 1).min(long_ago) } else { age + 1 };
            match &mut process.phase {
                Phase::Claiming(claiming) => {
                    claiming.clock = (claiming.clock + 1).min(claiming.horizon);
                    if let Interruption::Searching(since) = &mut claiming.interruption {
                        *since = aged(*since).min(setting.scale.kill_after);
                    }
                }
                Phase::Leading(leading) => {
                    leading.clock = aged(leading.clock);
                    leading.checking = leading.checking.map(aged);
                }
                Phase::Off | Phase::Gone(_) => {}
            }
            if let Some(flight) = &mut process.flight {
                flight.age = aged(flight.age);
            }
            if let Some(since) = &mut process.group.orphaned {
                *since += 1;
            }
        }
        for watcher in &mut self.watchers {
            watcher.tick(setting, somebody_leads || self.down)?;
        }
        Ok(())
    }

    pub fn execute(&mut self, setting: &Setting, write: Write) -> Result<Reply, Broken> {
        let fresh = match write {
            Write::Beat { run, .. } => self.forgotten_beats(run),
            _ => 1,
        };
        self.table.execute(write, fresh, setting)
    }

    /// The smallest number of beats that nobody remembers of this run.
    fn forgotten_beats(&self, run: i64) -> u8 {
        let own = self.processes.iter().flat_map(Process::memories);
        let late = self.late.iter().filter_map(|write| match write {
            Write::Claim { over, .. } => *over,
            _ => None,
        });
        let watched = self.watchers.iter().flat_map(Watcher::memories);
        let seen: Vec<i64> =
            own.chain(late).chain(watched).filter(|seen| seen.run == run).map(|seen| seen.beats).collect();
        (1..=u8::MAX).find(|beats| !seen.contains(&i64::from(*beats))).unwrap()
    }

    fn act(&mut self, setting: &Setting, i: usize, act: Act) -> Result<(), Broken> {
        let process = &mut self.processes[i];
        match act {
            Act::Start => {
                if let Phase::Gone(_) = process.phase {
                    self.faults.spend(Fault::Restart);
                }
                self.start(setting, i);
            }
            Act::Poll => {
                let reading = self.table.look(setting.leaders[i].release);
                self.bid(setting, i, reading, 0)?;
            }
            Act::PollSlowly | Act::Serve | Act::ServeTwice | Act::Delay | Act::Execute | Act::Answer => {
                self.travel(setting, i, act)?;
            }
            Act::Lose | Act::LoseAnswer | Act::Abandon => self.fail(setting, i, act)?,
            Act::Wake => self.happen(setting, i, Happening::Tick)?,
            Act::Prepared => self.prepared(setting, i, Happening::Prepared)?,
            Act::NotStarted => {
                self.faults.spend(Fault::NoStart);
                self.prepared(setting, i, Happening::NotStarted(120))?;
            }
            Act::Exit { code, leftovers } => self.command_exits(setting, i, code, leftovers),
            Act::LeftoversEnd => process.group.life = Life::Over,
            Act::Learn => self.learn(setting, i)?,
            Act::Check(check) => self.checked(setting, i, check)?,
            Act::Signal => {
                self.faults.spend(Fault::Signal);
                self.signal(setting, i)?;
            }
            Act::Crash => {
                self.faults.spend(Fault::Crash);
                process.crash();
            }
            Act::Guard => process.group.kill(),
            Act::Freeze => {
                self.faults.spend(Fault::Freeze);
                process.frozen = true;
            }
            Act::Thaw => process.frozen = false,
            Act::Cut => {
                self.faults.spend(Fault::Cut);
                process.cut = true;
            }
            Act::Heal => process.cut = false,
        }
        self.forget_the_dead(i);
        Ok(())
    }

    /// The command of a process that is gone leaves nothing behind.
    fn forget_the_dead(&mut self, i: usize) {
        let process = &mut self.processes[i];
        if !process.is_up() && !process.group.is_alive() {
            process.group = Group::default();
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |i: &u8| i + 1;
        match self {
            Self::Tick => f.write_str("a second passes"),
            Self::Leader(i, act) => write!(f, "leader {}: {}", number(i), crate::words::act(*act)),
            Self::FollowerStarts(i) => write!(f, "follower {} starts", number(i)),
            Self::FollowerPolls(i) => write!(f, "follower {} polls", number(i)),
            Self::FollowerCannotPoll(i) => write!(f, "follower {}'s poll fails", number(i)),
            Self::Late(_) => f.write_str("a write that was given up, or a repetition, is executed"),
            Self::Down => f.write_str("the database is gone"),
            Self::Up => f.write_str("the database is back"),
            Self::ClockStep => f.write_str("the database's clock jumps forward"),
            Self::Delete => f.write_str("somebody deletes the newest row"),
        }
    }
}
