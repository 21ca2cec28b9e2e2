//! Whether a file needs what another one was to import.

use std::collections::HashSet;

use records::{check, jsonl::lines, outline};

use crate::split::unpacked;

/// Whether a line of a file refers, by `external_ref`, to an object that is a line of another file and none of its own. A file
/// that can't be read refers to nothing, and its job says so.
pub(crate) fn refers_to(file: &[u8], other: &[u8]) -> bool {
    let (Ok(file), Ok(other)) = (unpacked(file), unpacked(other)) else { return false };
    let named = lines(&other).filter_map(|line| {
        let line = outline(line.bytes);
        Some((line.record_type?, line.external_ref?.into_owned()))
    });
    let named: HashSet<_> = named.collect();
    let Ok(checked) = check(&file) else { return false };
    checked
        .rows()
        .flat_map(|line| line.unchecked)
        .any(|unchecked| named.contains(&(unchecked.reference.record_type, unchecked.reference.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_needs_another_where_it_names_an_object_of_it_that_it_does_not_have() {
        let tea = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\n";
        let offering = |product: &str| {
            format!(
                "{{\"type\":\"subscription_offering\",\"external_ref\":\"box\",\"name\":\"Box\",\"products\":[\"{product}\"]}}\n"
            )
        };
        let pot = tea.replace("tea", "pot");
        for (file, other, needs) in [
            (offering("tea"), tea.to_owned(), true),
            (offering("pot"), tea.to_owned(), false),
            (tea.to_owned() + &offering("tea"), tea.to_owned(), false),
            (pot, tea.to_owned(), false),
            // A name is that of an object of one type.
            (offering("tea"), tea.replace("subscription_product", "subscription_plan"), false),
            ("no lines".to_owned(), tea.to_owned(), false),
            (offering("tea"), String::new(), false),
        ] {
            assert_eq!(refers_to(file.as_bytes(), other.as_bytes()), needs, "{file}{other}");
        }
        assert!(!refers_to(b"\x1f\x8bbroken", tea.as_bytes()));
    }
}
