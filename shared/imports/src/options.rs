//! What a caller asks of an import beside its file: how it is called, and how it is to be run.

mod names;

pub use names::{Given, MOST_IGNORED, Meant, meant};

use records::limits::MAX_EXTERNAL_REF;
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

    /// What is wrong with a value of another kind.
    #[must_use]
    pub const fn of_another_kind(self) -> OptionError {
        match self {
            Self::ExternalRef => OptionError::NoText,
            Self::DryRun => OptionError::NoFlag,
            Self::OnConflict => OptionError::NoPolicy,
            Self::Unknown => OptionError::NoAnswer,
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
            OptionName::DryRun => self.dry_run = dry_run(&text)?,
            OptionName::OnConflict => self.on_conflict = on_conflict(&text)?,
            OptionName::Unknown => self.unknown = text.parse().map_err(|_| OptionError::NoAnswer)?,
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
    #[error("must be true or false")]
    NoFlag,
    #[error("must be a string")]
    NoText,
    #[error("must be fail, skip or update")]
    NoPolicy,
    #[error("must be warn or refuse")]
    NoAnswer,
    #[error("must be given once, not as {0} and as {1}")]
    Twice(String, String),
    /// A name that is none, though nearly the one it quotes.
    #[error("is no option of an import: write {0:?}, or leave it out")]
    NearlyNamed(String),
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

/// Reads the value of `dry_run`.
///
/// # Errors
/// [`OptionError::NoFlag`] when it is neither `true` nor `false`.
pub fn dry_run(text: &str) -> Result<bool, OptionError> {
    text.parse().map_err(|_| OptionError::NoFlag)
}

/// Reads the value of `on_conflict`.
///
/// # Errors
/// [`OptionError::NoPolicy`] when it is none of the three words.
pub fn on_conflict(text: &str) -> Result<OnConflict, OptionError> {
    text.parse().map_err(|_| OptionError::NoPolicy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_one_of_its_words_and_nothing_near_it() {
        for policy in OnConflict::ALL {
            assert_eq!(on_conflict(policy.as_str()), Ok(*policy));
            assert!(
                OptionError::NoPolicy.to_string().contains(policy.as_str()),
                "{policy:?} is among the words to choose from"
            );
        }
        for near in ["", "Fail", " skip", "replace", "update "] {
            assert_eq!(on_conflict(near), Err(OptionError::NoPolicy), "{near}");
        }
        assert_eq!((dry_run("true"), dry_run("false")), (Ok(true), Ok(false)));
        for near in ["", "TRUE", "1", "yes", " true"] {
            assert_eq!(dry_run(near), Err(OptionError::NoFlag), "{near}");
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
        assert_eq!(options.set(OptionName::DryRun, "no".to_owned()), Err(OptionError::NoFlag));
        assert_eq!(options.set(OptionName::OnConflict, "no".to_owned()), Err(OptionError::NoPolicy));
        assert_eq!(options.set(OptionName::Unknown, "no".to_owned()), Err(OptionError::NoAnswer));
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
