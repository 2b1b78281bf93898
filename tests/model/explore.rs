//! Breadth-first search: every state within the bounds, each once, so that the first trace found is a shortest one.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::Broken;
use crate::healing;
use crate::setting::Setting;
use crate::words;
use crate::world::{Event, World};

/// What an exploration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Steps of the longest of the shortest ways to a state.
    pub depth: usize,
}

/// How a promise is broken.
#[derive(Clone, Debug)]
pub struct Counterexample {
    pub broken: Broken,
    pub events: Vec<Event>,
    pub story: String,
}

/// Where a state came from.
struct Step {
    from: u32,
    event: Event,
}

/// Searches every state that can be reached in so many steps; every `probe`th one is also healed, to see that everybody
/// gets through (0: none).
pub fn explore(setting: &Setting, probe: usize, steps_at_most: usize) -> Result<Explored, Counterexample> {
    let start = World::new(setting);
    let mut visited: HashSet<u128, BuildHasherDefault<Prehashed>> = HashSet::default();
    visited.insert(fingerprint(&start));
    let mut steps = vec![Step { from: 0, event: Event::Tick }];
    let mut layer = vec![(0_u32, start)];
    let mut depth = 0;
    loop {
        let mut next = Vec::new();
        for (number, world) in &layer {
            for event in world.events(setting) {
                let fail = |broken| counterexample(setting, &steps, *number, Some(event), broken);
                let after = world.after(setting, event).map_err(fail)?;
                if !visited.insert(fingerprint(&after)) {
                    continue;
                }
                let reached = u32::try_from(steps.len()).unwrap();
                steps.push(Step { from: *number, event });
                if probe > 0 && steps.len() % probe == 0 {
                    let fail = |broken| counterexample(setting, &steps, reached, None, broken);
                    healing::gets_through(setting, &after).map_err(fail)?;
                }
                next.push((reached, after));
            }
        }
        depth += usize::from(!next.is_empty());
        if next.is_empty() || depth == steps_at_most {
            return Ok(Explored { states: steps.len(), depth });
        }
        layer = next;
    }
}

fn counterexample(
    setting: &Setting,
    steps: &[Step],
    mut number: u32,
    last: Option<Event>,
    broken: Broken,
) -> Counterexample {
    let mut events: Vec<Event> = last.into_iter().collect();
    while number != 0 {
        let step = &steps[number as usize];
        events.push(step.event);
        number = step.from;
    }
    events.reverse();
    let story = story(setting, &events, broken);
    Counterexample { broken, events, story }
}

/// The trace in words, with what each event led to.
fn story(setting: &Setting, events: &[Event], broken: Broken) -> String {
    let mut world = World::new(setting);
    let mut time = 0;
    let mut story = String::new();
    for (number, event) in events.iter().enumerate() {
        time += u32::from(*event == Event::Tick);
        let _ = write!(story, "{:>3}. t={time:<3}{event}", number + 1);
        match world.after(setting, *event) {
            Ok(after) => {
                story.push_str(&words::change(&world, &after));
                world = after;
            }
            Err(broken) => {
                let _ = write!(story, ": {}", broken.how);
            }
        }
        story.push('\n');
    }
    let _ = write!(story, "{} is broken: {}", broken.promise, broken.how);
    story
}

fn fingerprint(world: &World) -> u128 {
    let mut hasher = Fold { low: 0x9e37_79b9_7f4a_7c15, high: 0xd1b5_4a32_d192_ed03 };
    world.hash(&mut hasher);
    u128::from(hasher.finish()) << 64 | u128::from(hasher.high)
}

/// A quick hash with two independent halves: with 128 bits, two states that look alike are not to be expected.
struct Fold {
    low: u64,
    high: u64,
}

fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
    let halves = (product as u64, (product >> 64) as u64);
    halves.0 ^ halves.1
}

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word) ^ (chunk.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.low = folded(self.low ^ word, 0xa076_1d64_78bd_642f);
        self.high = folded(self.high.rotate_left(23) ^ word, 0xe703_7ed1_a0b4_28db);
    }

    fn finish(&self) -> u64 {
        self.low
    }
}

/// A fingerprint needs no hashing.
#[derive(Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
