//! The goals, and what is measured for each.

mod calls;
mod import;
mod service;
mod start;

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::{Outcome, growth, programs::Programs, trials};

pub(crate) use crate::row::{Row, Unit, Wanted};
pub(crate) use service::calls_of_a_post;

/// What can be asked for by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
pub(crate) enum Goal {
    /// How long an import takes, beside clients that only write.
    P1,
    /// Its processor time, beside theirs.
    P1n,
    /// How long clients of other languages take.
    P2,
    /// How long an import takes at the limits of a table, and what it offers in vain.
    P3,
    /// Its processor time there.
    P3c,
    /// What it writes more than it must.
    P4,
    /// Its processor time for an object.
    P5,
    /// Its memory.
    P6,
    /// What lists, posts and polls read, however many jobs there are.
    P7,
    /// Shuffled lines and bad lines, beside sorted and good ones.
    P8,
    /// Starts of functions, and how large they are.
    P9,
    /// The calls of a post.
    P10,
    /// Many posts at once.
    P11,
    /// What TLS costs a cold start.
    C,
    /// The calls of the API, and the largest file.
    S,
    /// How time and memory grow, as a plot.
    G,
}

impl Goal {
    pub(crate) fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }
}

/// What was measured, and why the rest was not.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    pub(crate) skipped: Vec<String>,
    pub(crate) failed: Vec<String>,
}

/// Measures goals. What was skipped, and what failed, is told as well: the figures of the others are kept.
pub(crate) async fn measure(programs: &Programs, goals: &[Goal], rounds: usize) -> Outcome<Measured> {
    let wanted: BTreeSet<_> = goals.iter().flat_map(|goal| import::trials(*goal)).collect();
    let samples = trials::measure(programs, &wanted, rounds).await?;
    let mut measured = Measured { rows: Vec::new(), skipped: samples.skipped.clone(), failed: Vec::new() };
    for goal in goals {
        let rows = match goal {
            Goal::P7 => service::pages(programs).await,
            Goal::P9 => start::cold(programs).await,
            Goal::C => start::over_tls(programs).await,
            Goal::P10 => service::post(programs).await,
            Goal::P11 => service::posts_at_once(programs).await,
            Goal::S => calls::measure(programs).await,
            Goal::G => growth::measure(programs).await,
            others => Ok(import::rows(*others, &samples)),
        };
        match rows {
            Ok(rows) => measured.rows.extend(rows),
            Err(error) => measured.failed.push(format!("{goal:?} failed: {error}")),
        }
    }
    Ok(measured)
}
