//! Names of a file's lines that are nearly a name that is not there: what a reference to nothing may have meant.

use std::collections::HashMap;

use icu_normalizer::ComposingNormalizerBorrowed;
use strsim::osa_distance;

use crate::{
    near::are_numbered,
    quote::{Shown, character, first_unseen, name_of_invisible},
    record_type::RecordType,
};

/// The longest name that is compared, in bytes: longer ones are made by programs.
const MOST_BYTES: usize = 200;

/// The longest piece, in bytes, by which two names that are alike differ.
const MOST_EDITED: usize = 16;

/// How many neighbours in each order are compared with a name.
const NEIGHBOURS: usize = 4;

/// The names of a file, in orders in which names that are alike stand beside each other.
///
/// An edit leaves what is before it and what is behind it: names that differ by one are neighbours in the order of their letters,
/// or in that of their letters from the end. So a search costs a few comparisons however many names there are.
#[derive(Debug, Default)]
pub(super) struct Alike<'f> {
    by_type: HashMap<RecordType, Orders<'f>>,
}

#[derive(Debug, Default)]
struct Orders<'f> {
    forward: Vec<Name<'f>>,
    backward: Vec<Name<'f>>,
}

/// A name by the letters that count, from the start or from the end.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'f> {
    letters: String,
    line: u32,
    text: &'f str,
}

impl<'f> Alike<'f> {
    pub(super) fn of(names: impl Iterator<Item = (RecordType, &'f str, u32)>) -> Self {
        let mut by_type: HashMap<RecordType, Orders<'f>> = HashMap::new();
        for (record_type, text, line) in names.filter(|(_, text, _)| text.len() <= MOST_BYTES) {
            let (orders, letters) = (by_type.entry(record_type).or_default(), letters(text));
            orders.backward.push(Name { letters: letters.chars().rev().collect(), line, text });
            orders.forward.push(Name { letters, line, text });
        }
        for orders in by_type.values_mut() {
            orders.forward.sort_unstable();
            orders.backward.sort_unstable();
        }
        Self { by_type }
    }

    /// What is to be said of the name that is nearest to one that is not there, of the lines that count; nothing when none is
    /// near.
    pub(super) fn hint(&self, record_type: RecordType, text: &str, counts: impl Fn(u32) -> bool) -> Option<String> {
        let orders = self.by_type.get(&record_type).filter(|_| text.len() <= MOST_BYTES)?;
        let forward = letters(text);
        let backward: String = forward.chars().rev().collect();
        let near = |order: &[Name<'f>], letters: &str| {
            let place = order.partition_point(|name| name.letters.as_str() < letters);
            let beside = order.iter().skip(place.saturating_sub(NEIGHBOURS)).take(2 * NEIGHBOURS);
            let beside = beside.filter(|name| counts(name.line));
            beside.filter_map(|name| Some((edits(&name.letters, letters)?, name.line, name.text))).min()
        };
        let found = [near(&orders.forward, &forward), near(&orders.backward, &backward)].into_iter().flatten().min();
        let (edits, line, name) = found?;
        Some(format!("; line {line} has {}{}", Shown(name), difference(edits, text, name)))
    }
}

/// Other spellings of a name, that people take for the same: in small letters, in capitals, with a capital first, without what
/// nobody sees.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let seen: String = text.chars().filter(|letter| name_of_invisible(*letter).is_none()).collect();
    let seen = seen.trim();
    let small = seen.to_lowercase();
    let mut letters = small.chars();
    let titled = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    let mut spellings: Vec<String> =
        [seen.to_owned(), small.clone(), seen.to_uppercase()].into_iter().chain(titled).collect();
    spellings.retain(|spelling| spelling != text && !spelling.is_empty());
    spellings.dedup();
    spellings
}

/// The letters of a name that count: whatever their case, their accents however written, nothing that can't be seen, no blanks.
fn letters(text: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let seen = composed.chars().filter(|letter| !letter.is_whitespace() && name_of_invisible(*letter).is_none());
    seen.flat_map(char::to_lowercase).collect()
}

/// How many edits there are between two names; nothing for more than two, or one in a short name.
fn edits(a: &str, b: &str) -> Option<usize> {
    if are_numbered(a, b) {
        return None;
    }
    let (mut a, mut b) = (a.chars(), b.chars());
    let most = if b.as_str().len() > 5 { 2 } else { 1 };
    // Edits stand close together: what is the same before and behind them costs a glance.
    while a.clone().next().is_some_and(|first| b.clone().next() == Some(first)) {
        a.next();
        b.next();
    }
    while a.clone().next_back().is_some_and(|last| b.clone().next_back() == Some(last)) {
        a.next_back();
        b.next_back();
    }
    if a.as_str().len().max(b.as_str().len()) > MOST_EDITED {
        return None;
    }
    Some(osa_distance(a.as_str(), b.as_str())).filter(|edits| *edits <= most)
}

/// In what two names differ, where that is hard to see.
fn difference(edits: usize, text: &str, name: &str) -> String {
    let composed = |text: &str| ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
    let blank = |text: &str, whose: &str| {
        let unseen = first_unseen(text)?;
        Some(format!(": {whose} has {} in it, take it out", character(unseen)))
    };
    if edits > 0 {
        return String::new();
    }
    if composed(text) == composed(name) {
        return ": it looks the same, but its accents are written otherwise (NFC and NFD); copy it from there"
            .to_owned();
    }
    let unseen = blank(text, "this one").or_else(|| blank(name, "that one"));
    if let Some(unseen) = unseen.filter(|_| text.to_lowercase() != name.to_lowercase()) {
        return unseen;
    }
    ": capitals and small letters count".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: RecordType = RecordType::SubscriptionProduct;

    fn hint(names: &[&str], text: &str) -> String {
        let names = (1..).zip(names).map(|(line, name)| (TYPE, *name, line));
        Alike::of(names).hint(TYPE, text, |_| true).unwrap_or_default()
    }

    #[test]
    fn a_name_that_is_nearly_there_is_found() {
        let names = ["x1-p", "v11-caf\u{e9}", "v11-Tea", "huila-250", "box ", "mug\u{200b}"];
        let asked = [
            "x1-p ",
            "X1-P",
            "v11-cafe\u{301}",
            "v11-Caf\u{e9}",
            "v11-tea\u{a0}",
            "huila-25",
            "hulia-250",
            "ihuila-250",
            "huilaa-2500",
            "box",
            "mug",
            "x2-q",
            "something else",
        ];
        let told: Vec<String> = asked.iter().map(|text| format!("{text:?}{}\n", hint(&names, text))).collect();
        insta::assert_snapshot!(told.concat());
    }

    #[test]
    fn another_number_is_another_name() {
        assert_eq!(hint(&["tea-19", "v9-mug"], "tea-17") + &hint(&["tea-19", "v9-mug"], "v8-mug"), "");
        assert_eq!(hint(&["tea-19", "sku-2"], "tea-1") + &hint(&["tea-19", "sku-2"], "sku-1"), "");
    }

    #[test]
    fn an_edit_anywhere_is_found_among_fifty_thousand_names() {
        let names: Vec<String> =
            (0..50_000).map(|number| format!("product-{number:05}-x{}", number * 7919 % 50_000)).collect();
        let alike = Alike::of((1..).zip(&names).map(|(line, name)| (TYPE, name.as_str(), line)));
        let name = &names[4_711];
        for place in 0..name.len() {
            let mut edited = name.clone();
            let is_number = edited.remove(place).is_numeric();
            let hint = alike.hint(TYPE, &edited, |_| true).unwrap_or_default();
            assert_eq!(hint.contains("has \"product-"), !is_number, "{edited}: {hint}");
            assert_eq!(alike.hint(TYPE, &edited, |_| false), None);
        }
    }
}
