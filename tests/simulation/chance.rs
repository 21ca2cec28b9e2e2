//! Chance, and the weather it makes: how often what goes wrong.

use std::time::Duration;

use imports::times::{WORKER_TIMEOUT, duration};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use twins::{
    Call,
    manners::{Contention, Limits, Manners},
};

use crate::outages::{PERMISSIONS, SERVICES};

/// Draws that a seed decides.
#[derive(Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(crate) fn happens(&mut self, per_mille: u32) -> bool {
        self.0.random_range(0..1_000) < per_mille
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound.max(1))
    }

    /// A number from `from` up to and with `to`.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0.random_range(from..=to)
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.between(from, to))
    }

    pub(crate) fn number(&mut self) -> u128 {
        self.0.random()
    }
}

/// Calls that come to nothing for a while: a permission is denied, or a service is out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    pub(crate) calls: &'static [Call],
    pub(crate) how: How,
    /// From when to when, since the run began.
    pub(crate) from: Duration,
    pub(crate) to: Duration,
}

/// What becomes of such calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Refused,
    Fail,
    Hang,
}

impl Out {
    fn of(chance: &mut Chance, lasts: Duration) -> Self {
        let (from, to) = (chance.millis(0, 60_000), lasts);
        let how = chance.pick(&[How::Refused, How::Fail, How::Hang]);
        let calls = match how {
            How::Refused => chance.pick(&PERMISSIONS).1,
            How::Fail | How::Hang => chance.pick(&SERVICES),
        };
        Self { calls, how, from, to }
    }
}

/// How often what goes wrong, in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// Calls that fail, are slow, or lose their answer.
    pub(crate) faults: u32,
    /// The one kind of call that fails, where not all do.
    pub(crate) fails: Option<Call>,
    /// Calls that take seconds, so that workers meet.
    pub(crate) slow: u32,
    /// Of the faults of writes, the ones that are for good; of others a tenth as many.
    pub(crate) permanent: u32,
    /// Functions killed while they run.
    pub(crate) kills: u32,
    /// Functions that stand still for a while.
    pub(crate) stalls: u32,
    /// Seconds in which a message is lost, doubled, delayed or moved.
    pub(crate) mischief: u32,
    /// Whether one job kills every worker that runs it.
    pub(crate) poison: bool,
    /// What is out for a while.
    pub(crate) out: Option<Out>,
    /// For how many milliseconds a transaction holds its items at most, if others over them are refused.
    pub(crate) holds: Option<u64>,
    /// How many write units the table of objects takes a second, if not as many as come.
    pub(crate) units: Option<u16>,
    /// When it clears up. Contention and limits stay.
    pub(crate) lasts: Duration,
    /// How long Lambda lets the worker run.
    pub(crate) timeout: Duration,
}

/// As DynamoDB does, and for so long that requests meet often.
const HOLDS: [u64; 3] = [20, 20, 1_000];

/// Few enough units a second for small files to meet them.
const LIMITS: [u16; 3] = [40, 100, 400];

impl Weather {
    /// The weather of a seed: some calm, some stormy, each thing that goes wrong also by itself.
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let lasts = chance.millis(60_000, 420_000);
        let timeout = if chance.happens(150) { chance.millis(45_000, 99_000) } else { duration(WORKER_TIMEOUT) };
        let calm = Self { lasts, timeout, ..Self::default() };
        match chance.below(25) {
            0 => Self { lasts: Duration::from_mins(1), ..calm },
            1 => Self { kills: 400, faults: 50, fails: Some(Call::Hide), ..calm },
            2..=4 => Self { kills: chance.pick(&[150, 400, 700]), ..calm },
            5..=6 => Self { poison: true, ..calm },
            7..=8 => Self { stalls: 400, slow: chance.pick(&[0, 50, 200]), ..calm },
            9 => Self { mischief: 200, slow: chance.pick(&[0, 100]), ..calm },
            10 => {
                let timeout = chance.millis(40_000, 70_000);
                Self { faults: 50, permanent: 300, kills: 50, stalls: 600, slow: 300, timeout, ..calm }
            }
            11 => Self { faults: chance.pick(&[10, 50, 200]), ..calm },
            12 => {
                let fails = chance.pick(&[None, Some(Call::WriteBatch)]);
                Self { faults: 300, fails, permanent: 300, ..calm }
            }
            13..=16 => {
                let slow = chance.pick(&[0, 0, 50]);
                let holds = chance.pick(&[None, Some(20)]);
                Self { faults: 20, slow, permanent: 2, kills: 100, stalls: 100, mischief: 50, holds, ..calm }
            }
            17 => Self { out: Some(Out::of(chance, lasts)), ..calm },
            18 => {
                let (out, kills) = (Some(Out::of(chance, lasts)), chance.pick(&[50, 200]));
                Self { out, kills, faults: 20, mischief: 50, poison: chance.happens(200), ..calm }
            }
            19 => Self {
                holds: Some(chance.pick(&HOLDS)),
                units: Some(chance.pick(&LIMITS)),
                slow: chance.pick(&[0, 50]),
                ..calm
            },
            20 => {
                let (out, units) = (Some(Out::of(chance, lasts)), Some(chance.pick(&LIMITS)));
                Self { out, holds: Some(chance.pick(&HOLDS)), units, ..calm }
            }
            21 => {
                let (kills, stalls) = (chance.pick(&[0, 150, 400]), chance.pick(&[0, 400]));
                Self {
                    holds: Some(chance.pick(&HOLDS)),
                    units: Some(chance.pick(&LIMITS)),
                    kills,
                    stalls,
                    mischief: 50,
                    ..calm
                }
            }
            _ => {
                let faults = chance.pick(&[100, 200, 300]);
                Self {
                    faults,
                    holds: chance.pick(&[None, Some(20), Some(1_000)]),
                    slow: chance.pick(&[0, 50]),
                    permanent: 2,
                    kills: 250,
                    stalls: 200,
                    mischief: 150,
                    poison: chance.happens(100),
                    ..calm
                }
            }
        }
    }

    /// The manners of the database.
    pub(crate) fn manners(&self) -> Manners {
        let limits = self.units.map(|units| Limits::new(1_000.0, units.into()));
        Manners { contention: self.holds.map(|most| Contention::new(5..=most)), limits, ..Manners::default() }
    }

    /// Whether nothing goes wrong but that something is out: no job is to blame for that.
    pub(crate) const fn only_out(&self) -> bool {
        self.out.is_some() && self.kills == 0
    }

    /// Whether nothing goes wrong but that functions die, or a message can't be hidden: what the service promises of that
    /// has to hold to the second.
    pub(crate) const fn only_kills(&self) -> bool {
        let is_sound = self.faults == 0 || matches!(self.fails, Some(Call::Hide));
        is_sound && self.out.is_none() && self.slow == 0 && self.stalls == 0 && self.mischief == 0
    }
}
