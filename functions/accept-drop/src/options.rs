//! The options of a drop: the metadata that the partner put the object with.

use std::collections::{BTreeMap, HashMap};

use imports::options::{Given, ImportOptions, Meant, OptionError, OptionName, meant_by, pasted};

/// What a drop's metadata says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DropOptions {
    pub(crate) options: ImportOptions,
    /// A sentence about all options that can't be read, `None` if all can.
    pub(crate) refused: Option<String>,
    /// The names that mean nothing.
    pub(crate) ignored: Vec<String>,
}

/// Reads the options from an object's metadata: `external-ref`, `dry-run` and so on, whatever stands between the words.
/// Without an `external-ref` the job gets the drop's name.
pub(crate) fn read(metadata: HashMap<String, String>, name: String) -> DropOptions {
    let (mut given, mut faults) = (Given::default(), Vec::new());
    // In one order always: the same put makes the same job.
    let metadata: BTreeMap<_, _> = metadata.into_iter().collect();
    for (entry, text) in metadata {
        let taken = match meant_by(&entry, &text) {
            Meant::Nearly(option) => Err(OptionError::NearlyNamed(as_metadata(option))),
            Meant::Rehearsal => Err(OptionError::Rehearsal(as_metadata(OptionName::DryRun))),
            // A put makes one job, with a key or without.
            Meant::IdempotencyKey => {
                given.ignore(&entry);
                Ok(())
            }
            Meant::Option(_) | Meant::Nothing => given.take(&entry, text),
        };
        faults.extend(taken.err().map(|error| format!("metadata \"{entry}\" {error}")));
    }
    if let Some(option) = pasted(&name) {
        let option = as_metadata(option);
        faults
            .push(format!("the name of the file holds the option {option}: put it as metadata, and not into the name"));
    }
    let (mut options, ignored) = given.into_parts();
    options.external_ref = options.external_ref.or(Some(name).filter(|name| !name.is_empty()));
    DropOptions { options, refused: (!faults.is_empty()).then(|| faults.join("; ")), ignored }
}

/// How an option is written as metadata.
fn as_metadata(option: OptionName) -> String {
    option.as_str().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use twins::fixture::options;

    use super::*;

    fn read_of(metadata: &[(&str, &str)]) -> DropOptions {
        let metadata = metadata.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        read(metadata.collect(), "a.jsonl".to_owned())
    }

    fn check(metadata: &[(&str, &str)], expected: ImportOptions, refused: Option<&str>) {
        let DropOptions { options, refused: problem, .. } = read_of(metadata);
        assert_eq!((options, problem.as_deref()), (expected, refused));
    }

    fn named(external_ref: &str) -> ImportOptions {
        ImportOptions { external_ref: Some(external_ref.to_owned()), ..ImportOptions::default() }
    }

    #[test]
    fn metadata_sets_the_options() {
        check(&[], named("a.jsonl"), None);
        check(&[("external-ref", "")], named("a.jsonl"), None);
        let all =
            [("external-ref", "nächtlich"), ("dry-run", "true"), ("on-conflict", "update"), ("unknown", "refuse")];
        check(&all, options("nächtlich"), None);
    }

    #[test]
    fn a_rehearsal_asked_for_in_another_spelling_is_one_or_is_refused() {
        for near in ["dry_run", "dryrun", "dry.run"] {
            let read = read_of(&[(near, "true")]);
            assert!(read.options.dry_run || read.refused.is_some(), "{near}");
            let read = read_of(&[(near, "no")]);
            assert!(read.refused.is_some(), "{near}");
        }
        let near = "metadata \"dry-rum\" is no option of an import: write \"dry-run\", or leave it out";
        check(&[("dry-rum", "true")], named("a.jsonl"), Some(near));
        let twice = "metadata \"dry_run\" must be given once, not as \"false\" and as \"true\"";
        check(&[("dry_run", "true"), ("dry-run", "false")], named("a.jsonl"), Some(twice));
    }

    #[test]
    fn a_rehearsal_asked_for_by_a_value_or_in_the_name_of_the_file_is_refused() {
        let by_value = "metadata \"mode\" asks for a rehearsal, and is no option of an import: write \"dry-run\" with the value \
                        true, or leave it out";
        check(&[("mode", "test")], named("a.jsonl"), Some(by_value));
        let read = read(HashMap::new(), "a.jsonl?dry_run=true".to_owned());
        let problem = "the name of the file holds the option dry-run: put it as metadata, and not into the name";
        assert_eq!(read.refused.as_deref(), Some(problem));
    }

    #[test]
    fn what_means_nothing_is_noted() {
        let read = read_of(&[("mtime", "17"), ("colour", "red"), ("idempotency-key", "k")]);
        assert_eq!((read.ignored.join(" ").as_str(), read.refused), ("colour idempotency-key mtime", None));
    }

    #[test]
    fn what_cannot_be_read_is_reported_and_the_rest_is_kept() {
        let bad_policy = [("external-ref", "nightly"), ("dry-run", "true"), ("on-conflict", "replace")];
        let problem = "metadata \"on-conflict\" must be fail, skip or update, not \"replace\": write update";
        check(&bad_policy, ImportOptions { dry_run: true, ..named("nightly") }, Some(problem));
        let long = "x".repeat(2049);
        let all = [("external-ref", long.as_str()), ("dry-run", ""), ("on-conflict", "")];
        let problem = "metadata \"dry-run\" must be true or false, and is empty: write one of these, or leave it out; metadata \
                    \"external-ref\" must be at most 2048 characters long; metadata \"on-conflict\" must be fail, skip or \
                    update, and is empty: write one of these, or leave it out";
        check(&all, named("a.jsonl"), Some(problem));
    }

    #[test]
    fn a_drop_may_be_without_a_name() {
        assert_eq!(read(HashMap::new(), String::new()), DropOptions::default());
    }
}
