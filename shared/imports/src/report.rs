//! The report of a job: its error rows, the result of each line, the failed lines as they stood. Files in S3, written while the
//! job runs.

mod documents;
mod index;
mod line;
mod writer;

pub use index::{index_entry, index_range, rows_range};
pub use line::{Action, LineOutcome, ReportLine};
pub use writer::ReportWriter;

use crate::import_id::ImportId;
use records::{RecordError, StoreId};

/// The epoch of a report that was written without a claim: of a job cancelled before any worker had it.
pub const UNCLAIMED: u64 = 0;

/// The report of an ended job: where its files lie, and how much is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The key prefix of the report's files in the service's bucket.
    pub prefix: String,
    /// Why the job failed as a whole: the error row with line number 0, which comes before those in the file.
    pub failure: Option<RecordError>,
    /// How many error rows there are, that of the failure included.
    pub errors: u64,
    /// How many of them say that a line failed only because another did.
    pub blocked: u64,
}

impl Report {
    /// Names the report of one claim of a job. The epoch keeps a worker that lost its lease from overwriting the report
    /// of the one that took over.
    #[must_use]
    pub fn prefix(store: &StoreId, id: ImportId, epoch: u64) -> String {
        format!("reports/{store}/{id}/{epoch}")
    }

    /// The key of the error rows: one JSON document a line, by line number.
    #[must_use]
    pub fn errors_key(prefix: &str) -> String {
        format!("{prefix}/errors.jsonl")
    }

    /// The key of the error rows' index: where each row ends, eight bytes big-endian each.
    #[must_use]
    pub fn errors_index_key(prefix: &str) -> String {
        format!("{prefix}/errors.index")
    }

    /// The key of the results: one JSON document for each line of the import file that is not blank, in its order.
    #[must_use]
    pub fn results_key(prefix: &str) -> String {
        format!("{prefix}/results.jsonl")
    }

    /// The key of the results of the failed lines alone, each with the text of its line.
    #[must_use]
    pub fn failed_results_key(prefix: &str) -> String {
        format!("{prefix}/failed-results.jsonl")
    }

    /// The key of the failed lines, byte for byte as they stood in the import file.
    #[must_use]
    pub fn failed_lines_key(prefix: &str) -> String {
        format!("{prefix}/failed-lines.jsonl")
    }
}
