//! Names that are nearly another: what somebody meant who wrote `dryRun`, `External_Ref` or `prices`.

use strsim::osa_distance;

/// The longest name that is compared, in bytes.
const MOST: usize = 64;

/// The name without what people write in different ways: capitals, hyphens, underscores, spaces.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| !is_between(*letter)).flat_map(char::to_lowercase).collect()
}

/// Whether a character only stands between the words of a name.
const fn is_between(letter: char) -> bool {
    matches!(letter, '-' | '_' | ' ')
}

/// Finds the name of the same letters, whatever their case, and whatever hyphens and underscores stand between them.
#[must_use]
pub fn same_letters<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name = (name.len() <= MOST).then(|| letters(name))?;
    known.into_iter().find(|known| letters(known) == name)
}

/// Whether a name holds the letters of another, whatever stands before and behind them.
#[must_use]
pub fn has_letters(name: &str, other: &str) -> bool {
    letters(name).contains(&letters(other))
}

/// Whether two names differ in their numbers alone: `tea-17` is not nearly `tea-19`, nor `tea-1`, it is another tea.
pub(crate) fn are_numbered(a: &str, b: &str) -> bool {
    let apart = |text: &str| -> (String, String) { text.chars().partition(|letter| !letter.is_numeric()) };
    let ((words_a, number_a), (words_b, number_b)) = (apart(a), apart(b));
    let are_numbers = !number_a.is_empty() && !number_b.is_empty();
    are_numbers && words_a == words_b && number_a.trim_start_matches('0') != number_b.trim_start_matches('0')
}

/// Which ASCII letters and digits a name has, a bit each, some the same. An edit changes two of them at the most.
fn kinds(name: &str) -> u32 {
    let kind = |letter: u8| if is_between(char::from(letter)) || !letter.is_ascii() { 0 } else { 1 << (letter & 31) };
    name.bytes().fold(0, |kinds, letter| kinds | kind(letter))
}

/// Finds the name that is nearest: the same letters but for an edit in a short name, two in a longer one.
#[must_use]
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name = (name.len() <= MOST).then(|| letters(name))?;
    let length = name.chars().count();
    let distance = |known: &'k str| {
        // Two edits at the most are two letters more or less.
        if known.chars().filter(|letter| !is_between(*letter)).count().abs_diff(length) > 2 {
            return None;
        }
        // As cheap: two edits at the most.
        if known.is_ascii() && (kinds(&name) ^ kinds(known)).count_ones() > 4 {
            return None;
        }
        let letters = letters(known);
        let edits = if letters.len().min(name.len()) > 5 { 2 } else { 1 };
        let distance = osa_distance(&name, &letters);
        let is_near = distance <= edits && distance < letters.len() / 2 && !are_numbered(&name, &letters);
        is_near.then_some((distance, known))
    };
    known.into_iter().filter_map(distance).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [&str; 5] = ["dry_run", "external_ref", "name", "price", "price_units"];

    #[test]
    fn the_same_letters_are_the_same_name() {
        for near in ["dry_run", "dryRun", "DRY-RUN", "dry run", "Dry_Run", "dryrun"] {
            assert_eq!(same_letters(near, KNOWN), Some("dry_run"), "{near}");
        }
        assert_eq!(same_letters("dry_runs", KNOWN), None);
        assert_eq!(same_letters(&"d".repeat(100_000), KNOWN), None);
    }

    #[test]
    fn a_name_may_hold_another_among_other_words() {
        assert!(has_letters("isDryRun-mode", "dry_run") && has_letters("{\"dry run\":1}", "dry_run"));
        assert!(!has_letters("dry", "dry_run") && !has_letters("run_dry", "dry_run"));
    }

    #[test]
    fn the_shorter_name_says_how_many_edits_are_few() {
        assert_eq!(nearest("plans", ["plan_id"]), None);
        assert_eq!(nearest("plan_id", ["plans"]), None);
        assert_eq!(nearest("plans", ["plan"]), Some("plan"));
    }

    #[test]
    fn another_number_is_another_name() {
        for (a, b) in [("sku-1", "sku-2"), ("tea-1", "tea-19"), ("huila-25", "huila-250"), ("v9-mug", "v8-mug")] {
            assert_eq!((nearest(a, [b]), nearest(b, [a])), (None, None), "{a} {b}");
        }
        assert_eq!(nearest("sku-01", ["sku-1"]), Some("sku-1"));
        assert_eq!(nearest("price1", KNOWN), Some("price"));
    }

    #[test]
    fn the_nearest_name_is_an_edit_or_two_away() {
        let cases = [
            ("dryRn", "dry_run"),
            ("rdy_run", "dry_run"),
            ("prices", "price"),
            ("Nmae", "name"),
            ("externl-rev", "external_ref"),
        ];
        for (near, meant) in cases {
            assert_eq!(nearest(near, KNOWN), Some(meant), "{near}");
        }
        for far in ["", "colour", "no", "na", "external_name", "run", "dry"] {
            assert_eq!(nearest(far, KNOWN), None, "{far}");
        }
    }

    proptest! {
        #[test]
        fn names_that_are_two_edits_apart_differ_in_four_letters_at_the_most(a in "[a-gA-G0-9_ -]{1,8}", b in "[a-gA-G0-9_ -]{1,8}") {
            if osa_distance(&letters(&a), &letters(&b)) <= 2 {
                prop_assert!((kinds(&letters(&a)) ^ kinds(&b)).count_ones() <= 4);
            }
        }
    }
}
