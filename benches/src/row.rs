//! A line of the table of goals: a figure, and how it is to be.

use serde::Serialize;

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
