//! Options by their names, in whichever way they come: nothing that somebody asked for goes unheard.

use records::{
    json::Shown,
    near::{has_letters, nearest, same_letters},
};

use super::{ImportOptions, NO, OptionError, OptionName};
use crate::ignored;

/// What a rehearsal is called elsewhere. A caller who asks for one by such a name must not get an import.
const REHEARSALS: [&str; 38] = [
    "check",
    "check_only",
    "draft",
    "draft_mode",
    "dry",
    "is_preview",
    "is_test",
    "mock",
    "no_commit",
    "no_op",
    "no_save",
    "no_write",
    "parse_only",
    "preflight",
    "pretend",
    "preview",
    "preview_mode",
    "preview_only",
    "read_only",
    "rehearsal",
    "rehearse",
    "sandbox",
    "sandbox_mode",
    "simulate",
    "simulation",
    "test",
    "test_import",
    "test_mode",
    "test_only",
    "test_run",
    "trial",
    "trial_run",
    "try_run",
    "validate",
    "validate_only",
    "validation_only",
    "verify_only",
    "what_if",
];

/// What names the way in which something is to run: its value may be that of a rehearsal, as in `mode=test`.
const MODES: [&str; 12] = [
    "action",
    "execution_mode",
    "import_mode",
    "import_type",
    "mode",
    "operation",
    "operation_mode",
    "process_mode",
    "processing_mode",
    "run_mode",
    "strategy",
    "tx",
];

/// What is switched off elsewhere for a rehearsal, as in `commit=false`.
const WRITES: [&str; 14] = [
    "apply",
    "commit",
    "confirm",
    "do_import",
    "execute",
    "import",
    "live",
    "perform",
    "persist",
    "production",
    "run",
    "save",
    "submit",
    "write",
];

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The option of the same letters: `dry_run`, `dryRun`, `Dry-Run`.
    Option(OptionName),
    /// No option, though nearly this one: to be refused.
    Nearly(OptionName),
    /// No option, though its value asks for a rehearsal: to be refused.
    Rehearsal,
    /// The header `Idempotency-Key`, or nearly so.
    IdempotencyKey,
    /// Nothing that is known here.
    Nothing,
}

/// Finds out what a name means, or, where it leads into something, as `data[dry_run]` and `attributes.dry_run` do, its end.
#[must_use]
pub fn meant(name: &str) -> Meant {
    let end = name.rsplit(['[', '.']).next().unwrap_or(name).trim_end_matches(']');
    match (meant_alone(name), meant_alone(end)) {
        (Meant::Nothing, Meant::Option(option) | Meant::Nearly(option)) => Meant::Nearly(option),
        (meant, _) => meant,
    }
}

/// Finds out what a name means, and where the name alone means nothing whether its value asks for a rehearsal.
#[must_use]
pub fn meant_by(name: &str, value: &str) -> Meant {
    let value = value.trim().trim_matches('"');
    let is_rehearsed = || {
        let is_of_mode = same_letters(name, MODES).is_some() && (is_rehearsal(value) || value == "rollback");
        let is_off = same_letters(name, WRITES).is_some() && NO.contains(&value.to_lowercase().as_str());
        is_of_mode || is_off || same_letters(value, [OptionName::DryRun.as_str()]).is_some()
    };
    match meant(name) {
        Meant::Nothing if is_rehearsed() => Meant::Rehearsal,
        other => other,
    }
}

/// Whether a name is that of the way in which something is to run, or of what may be switched off: its value is read.
pub(super) fn is_way(name: &str) -> bool {
    same_letters(name, MODES.into_iter().chain(WRITES)).is_some()
}

/// The option that stands within a text, as where an address was put together wrongly: `a?dry_run=true`. What a rehearsal is
/// called elsewhere may belong to an address of the caller's own: `https://example.com/?test=1`.
#[must_use]
pub fn pasted(text: &str) -> Option<OptionName> {
    let option = |name: &str| match meant(name.trim()) {
        Meant::Option(option) => Some(option),
        Meant::Nearly(OptionName::DryRun) if has_letters(name, "dry") => Some(OptionName::DryRun),
        Meant::Nearly(_) | Meant::Rehearsal | Meant::IdempotencyKey | Meant::Nothing => None,
    };
    let is_flag = |piece: &&str| !piece.contains('=') && *piece != text;
    let flags = text.split(['?', '&']).skip(1).filter(is_flag);
    let pairs = text.split(['?', '&', ';', ',', ' ', '\n']).filter_map(|piece| Some(piece.split_once('=')?.0));
    pairs.chain(flags).find_map(option)
}

fn meant_alone(name: &str) -> Meant {
    let names = || OptionName::ALL.iter().map(|option| option.as_str());
    let option = |name: &str| name.parse().ok();
    if let Some(option) = same_letters(name, names()).and_then(option) {
        Meant::Option(option)
    } else if let Some(option) = nearest(name, names()).and_then(option) {
        Meant::Nearly(option)
    } else if is_rehearsal(name) {
        Meant::Nearly(OptionName::DryRun)
    } else if is_key(name) {
        Meant::IdempotencyKey
    } else {
        Meant::Nothing
    }
}

/// Whether a name is what a rehearsal is called elsewhere, or holds `dry_run` among other words.
pub(super) fn is_rehearsal(name: &str) -> bool {
    same_letters(name, REHEARSALS).is_some() || has_letters(name, OptionName::DryRun.as_str())
}

/// Whether a name stands for the caller's own key: `Idempotency-Key`, `idempotence_token`, `Idempotncy-Key`.
fn is_key(name: &str) -> bool {
    nearest(name, ["idempotency-key"]).is_some() || name.to_ascii_lowercase().starts_with("idempoten")
}

fn none_pasted(text: &str) -> Result<(), OptionError> {
    pasted(text).map_or(Ok(()), |option| Err(OptionError::Pasted(option)))
}

/// The options that came with one file, and the names that mean nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    pub options: ImportOptions,
    texts: Vec<(OptionName, String)>,
    ignored: Vec<String>,
}

impl Given {
    /// Takes the text that stands under a name, where the name means an option; notes it where it means nothing.
    ///
    /// # Errors
    /// [`OptionError::NearlyNamed`] for a name that is nearly an option's, [`OptionError::IsHeader`] for that of a header,
    /// [`OptionError::Rehearsal`] and [`OptionError::Pasted`] where the text asks for something; else as [`Self::set`].
    pub fn take(&mut self, name: &str, text: String) -> Result<(), OptionError> {
        match meant_by(name, &text) {
            Meant::Option(option) => self.set(option, text),
            Meant::Nearly(option) => Err(OptionError::NearlyNamed(option.as_str().to_owned())),
            Meant::Rehearsal => Err(OptionError::Rehearsal(OptionName::DryRun.as_str().to_owned())),
            Meant::IdempotencyKey => Err(OptionError::IsHeader),
            Meant::Nothing => {
                self.ignore(name);
                none_pasted(&text)
            }
        }
    }

    /// Sets an option. Given once more, it must say the same.
    ///
    /// # Errors
    /// [`OptionError::Twice`] when it says something else, [`OptionError::Pasted`] when it holds another option; as [`ImportOptions::set`] when it can't be read.
    pub fn set(&mut self, option: OptionName, text: String) -> Result<(), OptionError> {
        match self.texts.iter().find(|(given, _)| *given == option) {
            Some((_, before)) if *before == text => Ok(()),
            Some((_, before)) => Err(OptionError::Twice(Shown(before).to_string(), Shown(&text).to_string())),
            None => {
                none_pasted(&text)?;
                self.texts.push((option, text.clone()));
                self.options.set(option, text)
            }
        }
    }

    /// Notes a name that means nothing.
    pub fn ignore(&mut self, name: &str) {
        ignored::note(&mut self.ignored, name);
    }

    /// The options, and the names that mean nothing, in the order in which they came.
    #[must_use]
    pub fn into_parts(self) -> (ImportOptions, Vec<String>) {
        (self.options, self.ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_same_letters_is_taken_and_a_near_one_refused() {
        for near in ["dry_run", "dryRun", "dryrun", "dry-run", "DRY_RUN", "Dry Run"] {
            assert_eq!(meant(near), Meant::Option(OptionName::DryRun), "{near}");
        }
        assert_eq!(meant("onConflict"), Meant::Option(OptionName::OnConflict));
        assert_eq!(meant("external-ref"), Meant::Option(OptionName::ExternalRef));
        for (near, option) in [
            ("dry_rum", OptionName::DryRun),
            ("dryruns", OptionName::DryRun),
            ("conflict", OptionName::OnConflict),
            ("on_conflicts", OptionName::OnConflict),
            ("external_reff", OptionName::ExternalRef),
            ("unknowns", OptionName::Unknown),
            ("test", OptionName::DryRun),
            ("validateOnly", OptionName::DryRun),
            ("Simulate", OptionName::DryRun),
        ] {
            assert_eq!(meant(near), Meant::Nearly(option), "{near}");
        }
        for near in ["idempotency_key", "IdempotencyKey", "idempotency-token", "idempotence", "indempotency-key"] {
            assert_eq!(meant(near), Meant::IdempotencyKey, "{near}");
        }
        for other in ["", "colour", "import_file", "file", "external_id", "run", "tests", "content-type", "mtime"] {
            assert_eq!(meant(other), Meant::Nothing, "{other}");
        }
    }

    #[test]
    fn a_rehearsal_that_is_asked_for_in_other_words_is_heard() {
        for name in ["is_dry_run", "dryRunOnly", "X-Import-Dry-Run", "test_only", "preflight"] {
            assert_eq!(meant(name), Meant::Nearly(OptionName::DryRun), "{name}");
        }
        for (name, value) in [
            ("mode", "test"),
            ("mode", "dry_run"),
            ("importMode", "Preview"),
            ("action", "validate_only"),
            ("tx", "rollback"),
            ("colour", "dry-run"),
            ("commit", "false"),
            ("Execute", "No"),
            ("persist", "0"),
        ] {
            assert_eq!(meant_by(name, value), Meant::Rehearsal, "{name}={value}");
        }
        for (name, value) in [("mode", "fast"), ("commit", "true"), ("commit", ""), ("colour", "test"), ("run", "17")] {
            assert_eq!(meant_by(name, value), Meant::Nothing, "{name}={value}");
        }
        assert_eq!(
            Given::default().take("mode", "test".to_owned()).unwrap_err().to_string(),
            "asks for a rehearsal, and is no option of an import: write \"dry_run\" with the value true, or leave it out"
        );
    }

    #[test]
    fn an_option_within_the_value_of_another_is_refused() {
        for text in [
            "a?dry_run=true",
            "a&dry-run=1",
            "a;dryRun=true",
            "a?dry_run",
            "dry_run=true",
            "a&on_conflict=skip",
            "a?dry_rum=true",
        ] {
            for name in ["external_ref", "colour"] {
                let refused = Given::default().take(name, text.to_owned()).unwrap_err().to_string();
                assert!(
                    refused.ends_with("give each by itself, in an address with & between them"),
                    "{text}: {refused}"
                );
            }
        }
        for text in ["nightly", "test", "a?b=c", "R&D", "a & b", "a=b", "dry run", "https://example.com/?page=2&test=1"]
        {
            assert_eq!(Given::default().take("external_ref", text.to_owned()), Ok(()), "{text}");
        }
    }

    #[test]
    fn an_option_that_is_given_twice_must_say_the_same() {
        let mut given = Given::default();
        for name in ["dry_run", "dryRun"] {
            assert_eq!(given.take(name, "true".to_owned()), Ok(()));
        }
        assert_eq!(
            given.take("dry-run", "false".to_owned()).unwrap_err().to_string(),
            "must be given once, not as \"true\" and as \"false\""
        );
        assert_eq!(
            given.take("dry_rum", "true".to_owned()).unwrap_err().to_string(),
            "is no option of an import: write \"dry_run\", or leave it out"
        );
        assert_eq!(given.into_parts(), (ImportOptions { dry_run: true, ..ImportOptions::default() }, Vec::new()));
    }

    #[test]
    fn what_means_nothing_is_noted() {
        let mut given = Given::default();
        given.take("colour", String::new()).unwrap();
        assert_eq!(given.clone().take("idempotency_key", "k".to_owned()), Err(OptionError::IsHeader));
        assert_eq!(given.into_parts().1, ["colour"]);
    }
}
