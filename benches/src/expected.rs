//! The counts that are expected, by the profile that the functions are built in.

use std::{collections::BTreeMap, fmt, fs};

use crate::{Outcome, machine::profile, say};

/// Where they stand.
const PATH: &str = "benches/expected.json";

/// By profile and name.
type Expected = BTreeMap<String, BTreeMap<String, f64>>;

/// How far a count may be from the expected one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slack {
    Exact,
    /// By such a share, more or less.
    Around(f64),
    /// By such a share more; less is welcome.
    Above(f64),
    /// Whatever is expected, so much at most: it depends on time as well.
    AtMost(f64),
}

#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    slack: Slack,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, slack: Slack) -> Self {
        Self { name: name.into(), value, slack }
    }

    /// What is wrong with the count, if something is.
    fn problem(&self, expected: Option<f64>) -> Option<String> {
        let Some(expected) = expected else { return Some(format!("{}: nothing is expected yet", self.name)) };
        let (least, most) = match self.slack {
            Slack::Exact => (expected, expected),
            Slack::Around(share) => (expected * (1.0 - share), expected * (1.0 + share)),
            Slack::Above(share) => (0.0, expected * (1.0 + share)),
            Slack::AtMost(most) => (0.0, most),
        };
        let is_right = (least..=most).contains(&self.value);
        (!is_right).then(|| format!("{}: {:.2}, expected {least:.2} to {most:.2}", self.name, self.value))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.2}", self.name, self.value)
    }
}

/// Fails when a count is not the expected one.
pub(crate) fn check(figures: &[Figure]) -> Outcome {
    let expected = read()?.remove(profile()).unwrap_or_default();
    let of = |figure: &Figure| figure.problem(expected.get(&figure.name).copied());
    let mut problems: Vec<_> = figures.iter().filter_map(of).collect();
    let counted = |name: &str| figures.iter().any(|figure| figure.name == name);
    problems.extend(expected.keys().filter(|name| !counted(name)).map(|name| format!("{name}: was not counted")));
    if problems.is_empty() {
        say(&format!("As expected: {} counts.", figures.len()));
        return Ok(());
    }
    Err(format!("{}\nIf it is meant: cargo run -p bench -- --thin --accept", problems.join("\n")).into())
}

/// Expects these counts from now on.
pub(crate) fn accept(figures: &[Figure]) -> Outcome {
    let mut expected = read()?;
    let values = figures.iter().map(|figure| (figure.name.clone(), (figure.value * 100.0).round() / 100.0));
    expected.insert(profile().to_owned(), values.collect());
    Ok(fs::write(PATH, serde_json::to_string_pretty(&expected)? + "\n")?)
}

fn read() -> Outcome<Expected> {
    Ok(serde_json::from_str(&fs::read_to_string(PATH)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_held_as_far_as_its_slack_says() {
        let problem = |value, slack| Figure::new("x", value, slack).problem(Some(100.0)).is_some();
        assert!(!problem(100.0, Slack::Exact) && problem(100.5, Slack::Exact) && problem(99.5, Slack::Exact));
        assert!(!problem(98.5, Slack::Around(0.02)) && problem(97.5, Slack::Around(0.02)));
        assert!(!problem(50.0, Slack::Above(0.1)) && problem(111.0, Slack::Above(0.1)));
        assert!(!problem(9.0, Slack::AtMost(10.0)) && problem(11.0, Slack::AtMost(10.0)));
        assert!(Figure::new("x", 1.0, Slack::Exact).problem(None).is_some(), "a new count has to be accepted");
    }
}
