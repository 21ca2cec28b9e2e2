//! Keeps a mistake of ours from stopping a file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{RecordError, RecordErrorCode};

/// Turns a panic over one line into that line's error.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, RecordError> {
    let problem = "the service failed over this line, and the fault is ours: tell its operator the job and the line";
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| RecordError::new(RecordErrorCode::Internal, "", problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_over_a_line_is_that_lines_error() {
        let error = guarded::<()>(|| panic!("a mistake of ours")).unwrap_err();
        assert_eq!(error.code, RecordErrorCode::Internal);
        let problem =
            "the service failed over this line, and the fault is ours: tell its operator the job and the line";
        assert_eq!(error.detail(), problem);
        let document = include_str!("../../../docs/errors.md");
        assert!(document.contains(&format!("| `internal` | `{problem}` |")), "docs/errors.md shows another message");
    }
}
