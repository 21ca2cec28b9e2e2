//! What a caller asks of an import beside its file: how it is called, and how it is to be run.

mod headers;
mod names;

pub use headers::{may_ask, option_asked, refuse_headers};
pub use names::{Given, Meant, meant, meant_by, pasted};

use records::{json::Shown, limits::MAX_EXTERNAL_REF, near::nearest};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The options of an import, as callers give them and the database stores them. The default is a nameless one that
/// writes, and refuses what is stored already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportOptions {
    /// The caller's own name for the import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// Everything is checked and reported, nothing written.
    pub dry_run: bool,
    pub on_conflict: OnConflict,
    pub unknown: Unknown,
}

/// What becomes of a line with an attribute that nothing reads.
#[derive(
    Clone, Copy, Debug, Default, EnumString, IntoStaticStr, VariantArray, PartialEq, Eq, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Unknown {
    /// It is imported, with a warning.
    #[default]
    Warn,
    /// It is refused.
    Refuse,
}

impl Unknown {
    /// Both.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What becomes of a line whose `external_ref` an object of its type already has, stored by an earlier import.
#[derive(
    Clone, Copy, Debug, Default, EnumString, IntoStaticStr, VariantArray, PartialEq, Eq, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OnConflict {
    /// It is refused.
    #[default]
    Fail,
    /// It counts as imported; the stored object stays as it is.
    Skip,
    /// It replaces the stored object, which keeps its id and time of creation.
    Update,
}

/// What is written for yes.
const YES: [&str; 15] =
    ["yes", "y", "true", "t", "1", "on", "ok", "enabled", "ja", "oui", "si", "sí", "sim", "tak", "da"];
/// What is written for no.
const NO: [&str; 13] = ["no", "n", "false", "f", "0", "off", "none", "disabled", "nein", "non", "nej", "nee", "não"];

/// Which option.
#[derive(Clone, Copy, Debug, EnumString, IntoStaticStr, VariantArray, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum OptionName {
    ExternalRef,
    DryRun,
    OnConflict,
    Unknown,
}

impl OptionName {
    /// Every option.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// How it is written in a query, with a value that is not its default.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::ExternalRef => "external_ref=NAME",
            Self::DryRun => "dry_run=true",
            Self::OnConflict => "on_conflict=skip or update",
            Self::Unknown => "unknown=refuse",
        }
    }

    /// What is wrong with a JSON value of another kind.
    #[must_use]
    pub fn of_another_kind(self) -> OptionError {
        match self {
            Self::ExternalRef => OptionError::NoText,
            Self::DryRun => OptionError::NoFlag(", without quotes".to_owned()),
            Self::OnConflict => OptionError::NoPolicy(String::new()),
            Self::Unknown => OptionError::NoAnswer(String::new()),
        }
    }
}

impl ImportOptions {
    /// Sets an option to what its text says. One that can't be read stays as it was.
    ///
    /// # Errors
    /// As the option's own reader below.
    pub fn set(&mut self, option: OptionName, text: String) -> Result<(), OptionError> {
        match option {
            OptionName::ExternalRef => self.external_ref = external_ref(text)?,
            OptionName::DryRun => self.dry_run = flag(&text)?,
            OptionName::OnConflict => self.on_conflict = on_conflict(&text)?,
            OptionName::Unknown => self.unknown = unknown(&text)?,
        }
        Ok(())
    }
}

impl OnConflict {
    /// Every policy.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word used on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An option that can't be read: what is wrong with it and what it may be, its name left to whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("must be at most {MAX_EXTERNAL_REF} characters long")]
    TooLong,
    /// With what is said of the value that was meant, as in the next ones.
    #[error("must be true or false{0}")]
    NoFlag(String),
    #[error("must be a string")]
    NoText,
    #[error("must be fail, skip or update{0}")]
    NoPolicy(String),
    #[error("must be warn or refuse{0}")]
    NoAnswer(String),
    #[error("must be given once, not as {0} and as {1}")]
    Twice(String, String),
    /// A name that is none, though nearly the one it quotes.
    #[error("is no option of an import: write {0:?}, or leave it out")]
    NearlyNamed(String),
    /// Something else, whose value asks for what the option that it names would do.
    #[error("asks for a rehearsal, and is no option of an import: write {0:?} with the value true, or leave it out")]
    Rehearsal(String),
    #[error("holds another option, {}: give each by itself, in an address with & between them", .0.as_str())]
    Pasted(OptionName),
    #[error("is a header of the call: send it as the header Idempotency-Key, or leave it out")]
    IsHeader,
}

/// Reads the value of `external_ref`; an empty one is none.
///
/// # Errors
/// [`OptionError::TooLong`] over 2048 characters.
pub fn external_ref(text: String) -> Result<Option<String>, OptionError> {
    if text.chars().count() > MAX_EXTERNAL_REF {
        return Err(OptionError::TooLong);
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Reads a value that is yes or no, as that of `dry_run`.
///
/// # Errors
/// [`OptionError::NoFlag`] when it is neither `true` nor `false`.
pub fn flag(text: &str) -> Result<bool, OptionError> {
    let meant = YES.map(|yes| (yes, "true")).into_iter().chain(NO.map(|no| (no, "false")));
    text.parse().map_err(|_| OptionError::NoFlag(written_for(text, ["true", "false"], meant)))
}

/// Reads the value of `on_conflict`.
///
/// # Errors
/// [`OptionError::NoPolicy`] when it is none of the three words.
pub fn on_conflict(text: &str) -> Result<OnConflict, OptionError> {
    const MEANT: [(&str, &str); 8] = [
        ("replace", "update"),
        ("overwrite", "update"),
        ("upsert", "update"),
        ("merge", "update"),
        ("ignore", "skip"),
        ("keep", "skip"),
        ("error", "fail"),
        ("reject", "fail"),
    ];
    let either = "fail to refuse what is stored already, skip to leave it as it is, update to replace it";
    let either = YES.into_iter().chain(NO).map(|word| (word, either));
    let words = OnConflict::ALL.iter().map(|policy| policy.as_str());
    text.parse().map_err(|_| OptionError::NoPolicy(written_for(text, words, MEANT.into_iter().chain(either))))
}

/// Reads the value of `unknown`.
///
/// # Errors
/// [`OptionError::NoAnswer`] when it is neither of the two words.
pub fn unknown(text: &str) -> Result<Unknown, OptionError> {
    const MEANT: [(&str, &str); 7] = [
        ("ignore", "warn"),
        ("allow", "warn"),
        ("accept", "warn"),
        ("fail", "refuse"),
        ("error", "refuse"),
        ("reject", "refuse"),
        ("strict", "refuse"),
    ];
    let either = "warn to import a line with an unknown attribute, refuse to refuse it";
    let either = YES.into_iter().chain(NO).map(|word| (word, either));
    let words = Unknown::ALL.iter().map(|answer| answer.as_str());
    text.parse().map_err(|_| OptionError::NoAnswer(written_for(text, words, MEANT.into_iter().chain(either))))
}

/// What to write for a value that nearly is one of some words, or means one. Any other value is not repeated: it may be a
/// secret that came under the wrong name, and what is said of a drop is kept.
fn written_for(
    text: &str,
    words: impl IntoIterator<Item = &'static str>,
    meant: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> String {
    let plain = text.trim().to_lowercase();
    if plain.is_empty() {
        return ", and is empty: write one of these, or leave it out".to_owned();
    }
    let meant = meant.into_iter().find(|(other, _)| plain == *other).map(|(_, word)| word);
    let word = meant.or_else(|| nearest(text, words));
    word.map(|word| format!(", not {}: write {word}", Shown(text))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_one_of_its_words_and_nothing_near_it() {
        for policy in OnConflict::ALL {
            assert_eq!(on_conflict(policy.as_str()), Ok(*policy));
            assert!(
                OptionError::NoPolicy(String::new()).to_string().contains(policy.as_str()),
                "{policy:?} is among the words to choose from"
            );
        }
        for near in ["", "Fail", " skip", "replace", "update "] {
            assert!(matches!(on_conflict(near), Err(OptionError::NoPolicy(_))), "{near}");
        }
        assert_eq!((flag("true"), flag("false")), (Ok(true), Ok(false)));
        for near in ["", "TRUE", "1", "yes", " true"] {
            assert!(matches!(flag(near), Err(OptionError::NoFlag(_))), "{near}");
        }
    }

    #[test]
    fn a_value_that_is_nearly_a_word_is_shown_with_the_word_and_no_other_value_is() {
        let cases = [
            (OptionName::DryRun, "TRUE", ", not \"TRUE\": write true"),
            (OptionName::DryRun, "Yes", ", not \"Yes\": write true"),
            (OptionName::DryRun, "flase", ", not \"flase\": write false"),
            (OptionName::DryRun, "0", ", not \"0\": write false"),
            (OptionName::OnConflict, "sikp", ", not \"sikp\": write skip"),
            (OptionName::OnConflict, "update\u{200b}", ", not \"update<U+200B>\": write update"),
            (OptionName::OnConflict, "replace", ", not \"replace\": write update"),
            (OptionName::Unknown, "refused", ", not \"refused\": write refuse"),
            (OptionName::Unknown, "ignore", ", not \"ignore\": write warn"),
            (OptionName::DryRun, "ja", ", not \"ja\": write true"),
            (OptionName::DryRun, "Não", ", not \"Não\": write false"),
            (
                OptionName::Unknown,
                "no",
                ", not \"no\": write warn to import a line with an unknown attribute, refuse to refuse it",
            ),
            (
                OptionName::OnConflict,
                "true",
                ", not \"true\": write fail to refuse what is stored already, skip to leave it as it is, update to replace it",
            ),
            (OptionName::DryRun, "hunter2", ""),
            (OptionName::OnConflict, "secret", ""),
            (OptionName::Unknown, "ada@example.com", ""),
        ];
        for (option, text, said) in cases {
            let problem = ImportOptions::default().set(option, text.to_owned()).unwrap_err().to_string();
            assert!(
                problem.ends_with(said) && problem.matches(", not ").count() == usize::from(!said.is_empty()),
                "{problem}"
            );
        }
    }

    #[test]
    fn an_empty_value_is_called_so() {
        for option in [OptionName::DryRun, OptionName::OnConflict, OptionName::Unknown] {
            let problem = ImportOptions::default().set(option, " ".to_owned()).unwrap_err().to_string();
            assert!(problem.ends_with(", and is empty: write one of these, or leave it out"), "{problem}");
        }
    }

    #[test]
    fn an_option_is_set_by_its_name_and_stays_when_its_text_is_wrong() {
        let mut options = ImportOptions::default();
        for (name, text) in
            [("external_ref", "nightly"), ("dry_run", "true"), ("on_conflict", "skip"), ("unknown", "refuse")]
        {
            options.set(name.parse().unwrap(), text.to_owned()).unwrap();
        }
        let expected = ImportOptions {
            external_ref: Some("nightly".to_owned()),
            dry_run: true,
            on_conflict: OnConflict::Skip,
            unknown: Unknown::Refuse,
        };
        assert_eq!(options, expected);
        assert_eq!(options.set(OptionName::DryRun, "?".to_owned()), Err(OptionError::NoFlag(String::new())));
        assert_eq!(options.set(OptionName::OnConflict, "?".to_owned()), Err(OptionError::NoPolicy(String::new())));
        assert_eq!(options.set(OptionName::Unknown, "?".to_owned()), Err(OptionError::NoAnswer(String::new())));
        assert_eq!(options, expected);
        assert!("colour".parse::<OptionName>().is_err());
    }

    #[test]
    fn an_external_ref_is_counted_in_characters() {
        let longest = "é".repeat(MAX_EXTERNAL_REF);
        assert_eq!(external_ref(longest.clone()), Ok(Some(longest.clone())));
        assert_eq!(external_ref(longest + "x"), Err(OptionError::TooLong));
        assert_eq!(external_ref(String::new()), Ok(None));
    }
}
