//! What is to be said of a line that is good all the same.

use serde::Serialize;
use strum::VariantArray;

use crate::{
    error::{RecordError, RecordErrorCode},
    json::{Path, Shown},
    limits::{MAX_WARNING_BYTES, MAX_WARNINGS},
    near::nearest,
};

/// Names that exports put on every object. They mean nothing here, and nobody has to be told.
const STRANGERS: [&str; 3] = ["status", "id", "meta"];

/// The stable words for what is noticed of good lines, a warning's `code`. Listed in `openapi.yaml`.
#[derive(Clone, Copy, Debug, VariantArray, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// An attribute that nothing reads, or not where it stands.
    UnknownAttribute,
    /// What a subscription chooses has prices, but none in its currency.
    NoPriceInCurrency,
    /// The line has no `external_ref`: sent again it makes a copy.
    NoExternalRef,
}

impl WarningCode {
    /// Every code.
    pub const ALL: &[Self] = Self::VARIANTS;
}

/// Something to be said of a line that is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordWarning {
    /// The stable word for this kind of warning.
    pub code: WarningCode,
    /// The JSON path within the line.
    pub field: String,
    /// What is noticed, without the path.
    pub problem: String,
    /// The name that was probably meant.
    pub did_you_mean: Option<&'static str>,
}

impl RecordWarning {
    /// Makes a warning at a JSON path. Of a long path and of a long sentence the middle is left out.
    pub(crate) fn new(code: WarningCode, field: String, problem: String) -> Self {
        let RecordError { field, problem, .. } = RecordError::new(RecordErrorCode::UnknownAttribute, field, problem);
        Self { code, field, problem, did_you_mean: None }
    }

    /// The warning of the first line that is imported without an `external_ref`. How many more are is known only at the end.
    #[must_use]
    pub fn no_external_ref() -> Self {
        let problem = "this line has no external_ref: sent again it makes a copy, as does each line that is imported without one; \
                       with \"external_ref\":\"a name of your own\" it is known again";
        Self::new(WarningCode::NoExternalRef, String::new(), problem.to_owned())
    }

    /// The sentence shown to the caller: the path first, then what is noticed.
    #[must_use]
    pub fn detail(&self) -> String {
        if self.field.is_empty() { self.problem.clone() } else { format!("{}: {}", self.field, self.problem) }
    }

    /// The error that it becomes where nothing unknown is to be imported.
    pub(crate) fn into_error(self) -> RecordError {
        let problem = format!("{}; take it out, or send the file with unknown=warn", self.problem);
        RecordError::new(RecordErrorCode::UnknownAttribute, self.field, problem)
    }
}

/// The warnings of one line, in the order in which they were found: 10 of them at most, and 2 KiB of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordWarnings {
    kept: Vec<RecordWarning>,
    bytes: usize,
    more: usize,
}

impl RecordWarnings {
    /// Notes a name that nothing reads, unless everybody knows it. `known` are those that are read there.
    pub(crate) fn add_unknown(&mut self, path: &Path<'_>, name: &str, known: &[&'static str]) {
        if STRANGERS.contains(&name) {
            return;
        }
        self.add(|| {
            let did_you_mean = nearest(name, known.iter().copied().filter(|known| *known != name));
            let hint = did_you_mean.map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
            let problem = format!("{} is not known here, and nothing reads it{hint}", Shown(name));
            let path = Path::Key(path, name).to_string();
            RecordWarning { did_you_mean, ..RecordWarning::new(WarningCode::UnknownAttribute, path, problem) }
        });
    }

    /// Notes an attribute that stands beside `attributes`, and what to do with it.
    pub(crate) fn add_misplaced(&mut self, path: &Path<'_>, name: &str, cure: &str) {
        self.add(|| {
            let problem = format!("{} stands beside \"attributes\", where nothing reads it{cure}", Shown(name));
            RecordWarning::new(WarningCode::UnknownAttribute, Path::Key(path, name).to_string(), problem)
        });
    }

    /// Notes a warning, made only where there is room for it.
    fn add(&mut self, warning: impl FnOnce() -> RecordWarning) {
        if self.more > 0 || self.kept.len() >= MAX_WARNINGS {
            self.more += 1;
            return;
        }
        let warning = warning();
        let bytes = self.bytes + warning.field.len() + warning.problem.len();
        if bytes > MAX_WARNING_BYTES && !self.kept.is_empty() {
            self.more += 1;
        } else {
            self.bytes = bytes;
            self.kept.push(warning);
        }
    }

    /// The warnings kept. The last one says how many were left out.
    pub(crate) fn into_vec(mut self) -> Vec<RecordWarning> {
        if let (Some(last), true) = (self.kept.last_mut(), self.more > 0) {
            last.problem = format!("{} (and {} more like it in this line)", last.problem, self.more);
        }
        self.kept.shrink_to_fit();
        self.kept
    }
}
