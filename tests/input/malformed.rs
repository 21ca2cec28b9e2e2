//! Ten thousand calls and files that are wrong: each gets an error that says what is wrong with it, and nothing else
//! happens.

#[cfg(feature = "gateway")]
mod calls;
pub(crate) mod files;
#[cfg(feature = "gateway")]
mod wrong;

use std::{collections::BTreeMap, fmt::Debug, fmt::Write};

/// How often each thing came up, most often first.
fn spread<T: Ord + Debug>(things: impl IntoIterator<Item = T>) -> String {
    let mut counts = BTreeMap::new();
    for thing in things {
        *counts.entry(thing).or_insert(0) += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| -count);
    counts.iter().fold(String::new(), |mut text, (thing, count)| {
        write!(text, "\n    {count:>6} {thing:?}").unwrap();
        text
    })
}
