//! Options by their names, in whichever way they come: nothing that somebody asked for goes unheard.

use records::{
    json::Shown,
    near::{nearest, same_letters},
};

use super::{ImportOptions, OptionError, OptionName};
use crate::ignored;

/// What a rehearsal is called elsewhere. A caller who asks for one by such a name must not get an import.
const REHEARSALS: [&str; 22] = [
    "check",
    "check_only",
    "draft",
    "dry",
    "is_test",
    "no_op",
    "preview",
    "pretend",
    "read_only",
    "rehearsal",
    "rehearse",
    "sandbox",
    "simulate",
    "simulation",
    "test",
    "test_mode",
    "test_run",
    "trial",
    "trial_run",
    "validate",
    "validate_only",
    "what_if",
];

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The option of the same letters: `dry_run`, `dryRun`, `Dry-Run`.
    Option(OptionName),
    /// No option, though nearly this one: to be refused.
    Nearly(OptionName),
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

/// Whether a name is what a rehearsal is called elsewhere.
pub(super) fn is_rehearsal(name: &str) -> bool {
    same_letters(name, REHEARSALS).is_some()
}

/// Whether a name stands for the caller's own key: `Idempotency-Key`, `idempotence_token`, `Idempotncy-Key`.
fn is_key(name: &str) -> bool {
    nearest(name, ["idempotency-key"]).is_some() || name.to_ascii_lowercase().starts_with("idempoten")
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
    /// [`OptionError::NearlyNamed`] for a name that is nearly an option's, [`OptionError::IsHeader`] for that of a header; else
    /// as [`Self::set`].
    pub fn take(&mut self, name: &str, text: String) -> Result<(), OptionError> {
        match meant(name) {
            Meant::Option(option) => self.set(option, text),
            Meant::Nearly(option) => Err(OptionError::NearlyNamed(option.as_str().to_owned())),
            Meant::IdempotencyKey => Err(OptionError::IsHeader),
            Meant::Nothing => {
                self.ignore(name);
                Ok(())
            }
        }
    }

    /// Sets an option. Given once more, it must say the same.
    ///
    /// # Errors
    /// [`OptionError::Twice`] when it says something else; as [`ImportOptions::set`] when it can't be read.
    pub fn set(&mut self, option: OptionName, text: String) -> Result<(), OptionError> {
        match self.texts.iter().find(|(given, _)| *given == option) {
            Some((_, before)) if *before == text => Ok(()),
            Some((_, before)) => Err(OptionError::Twice(Shown(before).to_string(), Shown(&text).to_string())),
            None => {
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
