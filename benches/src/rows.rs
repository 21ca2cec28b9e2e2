//! The goals, and what is measured for each.

mod calls;
mod import;
mod service;
mod start;

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde::Serialize;

use crate::{Outcome, growth, programs::Programs, trials};

pub(crate) use service::calls_of_a_post;

/// What can be asked for by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
pub(crate) enum Goal {
    P1,
    P1n,
    P2,
    P3,
    P3c,
    P4,
    P5,
    P6,
    P7,
    P8,
    P9,
    P10,
    P11,
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

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Unit {
    Times,
    Percent,
    Seconds,
    Milliseconds,
    Microseconds,
    Megabytes,
    Number,
}

/// How a figure is to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
    /// It is only shown.
    Anything,
}

/// A line of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) what: String,
    pub(crate) wanted: Wanted,
    /// What the goal is about.
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    /// What it was made of.
    pub(crate) detail: String,
}

impl Row {
    pub(crate) fn new(id: &'static str, what: impl Into<String>, wanted: Wanted, value: f64, unit: Unit) -> Self {
        Self { id, what: what.into(), wanted, value, unit, detail: String::new() }
    }

    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    pub(crate) fn figure(&self) -> String {
        self.unit.write(self.value)
    }

    pub(crate) fn goal(&self) -> String {
        match self.wanted {
            Wanted::AtMost(most) => format!("≤ {}", self.unit.write(most)),
            Wanted::AtLeast(least) => format!("≥ {}", self.unit.write(least)),
            Wanted::Anything => String::new(),
        }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        let is_met = match self.wanted {
            Wanted::AtMost(most) => self.value <= most,
            Wanted::AtLeast(least) => self.value >= least,
            Wanted::Anything => return "",
        };
        if is_met { "met" } else { "missed" }
    }
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.3} ×"),
            Self::Percent => format!("{value:.1} %"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Microseconds => format!("{value:.1} µs"),
            Self::Megabytes => format!("{value:.2} MB"),
            Self::Number => format!("{value}"),
        }
    }
}

/// Measures goals; tells what was skipped as well.
pub(crate) async fn measure(programs: &Programs, goals: &[Goal], rounds: usize) -> Outcome<(Vec<Row>, Vec<String>)> {
    let wanted: BTreeSet<_> = goals.iter().flat_map(|goal| import::trials(*goal)).collect();
    let samples = trials::measure(programs, &wanted, rounds).await?;
    let mut rows = Vec::new();
    for goal in goals {
        rows.extend(match goal {
            Goal::P7 => service::pages(programs).await?,
            Goal::P9 => start::cold(programs).await?,
            Goal::P10 => service::post(programs).await?,
            Goal::P11 => service::posts_at_once(programs).await?,
            Goal::S => calls::measure(programs).await?,
            Goal::G => growth::measure(programs).await?,
            others => import::rows(*others, &samples),
        });
    }
    Ok((rows, samples.skipped))
}
