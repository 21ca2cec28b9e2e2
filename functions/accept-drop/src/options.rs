//! The options of a drop: the metadata that the partner put the object with.

use std::collections::HashMap;

use imports::options::{ImportOptions, OptionName};

/// Reads the options from an object's metadata: `external-ref`, `dry-run` and `on-conflict`. Without an `external-ref` the
/// job gets the drop's name. The second value is a sentence about all options that can't be read, `None` if all can.
pub(crate) fn read(mut metadata: HashMap<String, String>, name: String) -> (ImportOptions, Option<String>) {
    let mut options = ImportOptions::default();
    let mut faults = Vec::new();
    for &option in OptionName::ALL {
        let entry = option.as_str().replace('_', "-");
        if let Some(text) = metadata.remove(&entry)
            && let Err(error) = options.set(option, text)
        {
            faults.push(format!("metadata \"{entry}\" {error}"));
        }
    }
    options.external_ref = options.external_ref.or(Some(name).filter(|name| !name.is_empty()));
    (options, (!faults.is_empty()).then(|| faults.join("; ")))
}

#[cfg(test)]
mod tests {
    use twins::fixture::options;

    use super::*;

    fn read_of(metadata: &[(&str, &str)]) -> (ImportOptions, Option<String>) {
        let metadata = metadata.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        read(metadata.collect(), "a.jsonl".to_owned())
    }

    fn check(metadata: &[(&str, &str)], expected: ImportOptions, refused: Option<&str>) {
        assert_eq!(read_of(metadata), (expected, refused.map(str::to_owned)));
    }

    fn named(external_ref: &str) -> ImportOptions {
        ImportOptions { external_ref: Some(external_ref.to_owned()), ..ImportOptions::default() }
    }

    #[test]
    fn metadata_sets_the_options() {
        check(&[], named("a.jsonl"), None);
        check(&[("external-ref", "")], named("a.jsonl"), None);
        check(&[("dry_run", "no"), ("colour", "red")], named("a.jsonl"), None);
        let all = [("external-ref", "nächtlich"), ("dry-run", "true"), ("on-conflict", "update")];
        check(&all, options("nächtlich"), None);
    }

    #[test]
    fn what_cannot_be_read_is_reported_and_the_rest_is_kept() {
        let bad_policy = [("external-ref", "nightly"), ("dry-run", "true"), ("on-conflict", "replace")];
        let problem = "metadata \"on-conflict\" must be fail, skip or update";
        check(&bad_policy, ImportOptions { dry_run: true, ..named("nightly") }, Some(problem));
        let long = "x".repeat(2049);
        let all = [("external-ref", long.as_str()), ("dry-run", ""), ("on-conflict", "")];
        let problem = "metadata \"external-ref\" must be at most 2048 characters long; metadata \"dry-run\" must be true or \
                    false; metadata \"on-conflict\" must be fail, skip or update";
        check(&all, named("a.jsonl"), Some(problem));
    }

    #[test]
    fn a_drop_may_be_without_a_name() {
        assert_eq!(read(HashMap::new(), String::new()), (ImportOptions::default(), None));
    }
}
