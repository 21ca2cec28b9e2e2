//! What is to be said of a line that is good all the same.

use crate::{
    error::{RecordError, RecordErrorCode},
    json::{Path, Shown},
    limits::{MAX_WARNING_BYTES, MAX_WARNINGS},
    near::nearest,
};

/// Names that exports put on every object. They mean nothing here, and nobody has to be told.
const STRANGERS: [&str; 3] = ["status", "id", "meta"];

/// Something to be said of a line that is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordWarning {
    /// The stable word for this kind of warning; as an error has it where warnings are refused.
    pub code: RecordErrorCode,
    /// The JSON path within the line.
    pub field: String,
    /// What is noticed, without the path.
    pub problem: String,
    /// The name that was probably meant.
    pub did_you_mean: Option<&'static str>,
}

impl RecordWarning {
    /// The sentence shown to the caller: the path first, then what is noticed.
    #[must_use]
    pub fn detail(&self) -> String {
        format!("{}: {}", self.field, self.problem)
    }

    /// The error that it becomes where nothing unknown is to be imported.
    pub(crate) fn into_error(self) -> RecordError {
        let problem = format!("{}; take it out, or send the file with unknown=warn", self.problem);
        RecordError::new(self.code, self.field, problem)
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
        if self.more > 0 || self.kept.len() >= MAX_WARNINGS {
            self.more += 1;
            return;
        }
        let did_you_mean = nearest(name, known.iter().copied().filter(|known| *known != name));
        let hint = did_you_mean.map(|meant| format!("; did you mean \"{meant}\"?")).unwrap_or_default();
        let problem = format!("{} is not known here, and nothing reads it{hint}", Shown(name));
        let code = RecordErrorCode::UnknownAttribute;
        let RecordError { field, problem, .. } = RecordError::new(code, Path::Key(path, name).to_string(), problem);
        let bytes = self.bytes + field.len() + problem.len();
        if bytes > MAX_WARNING_BYTES && !self.kept.is_empty() {
            self.more += 1;
        } else {
            self.bytes = bytes;
            self.kept.push(RecordWarning { code, field, problem, did_you_mean });
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
