//! Writing a report, line by line in the order of the import file.

use serde::Serialize;
use tokio::try_join;

use super::{
    Report,
    documents::{FailedResultDocument, ResultDocument},
    index_entry,
    line::ReportLine,
};
use crate::{
    api::ImportErrorDocument,
    import::Import,
    ports::{FileWriter, Files, PortError, PortResult},
};
use records::RecordError;

/// A report on its way to S3. Nothing of it is visible until [`Self::finish`].
#[derive(Debug)]
pub struct ReportWriter<'a, W> {
    import: &'a Import,
    report: Report,
    errors: W,
    errors_index: W,
    results: W,
    failed_results: W,
    failed_lines: W,
    /// How long the file of the error rows is so far.
    errors_bytes: u64,
    row: Vec<u8>,
}

impl<'a, W: FileWriter + Send> ReportWriter<'a, W> {
    /// Begins the report of a job as seen by one claim.
    pub fn begin(files: &impl Files<Writer = W>, import: &'a Import, epoch: u64) -> Self {
        let prefix = Report::prefix(&import.store, import.id, epoch);
        Self {
            import,
            errors: files.writer(Report::errors_key(&prefix)),
            errors_index: files.writer(Report::errors_index_key(&prefix)),
            results: files.writer(Report::results_key(&prefix)),
            failed_results: files.writer(Report::failed_results_key(&prefix)),
            failed_lines: files.writer(Report::failed_lines_key(&prefix)),
            report: Report { prefix, failure: None, errors: 0, blocked: 0 },
            errors_bytes: 0,
            row: Vec::new(),
        }
    }

    /// Adds the next line of the file.
    ///
    /// # Errors
    /// When what has gathered could not be sent on.
    pub async fn add(&mut self, line: &ReportLine<'_>) -> PortResult<()> {
        let result = ResultDocument::new(line, self.import.options.dry_run);
        write_row(&mut self.row, &result)?;
        self.results.write(&self.row).await?;
        let Err(errors) = line.outcome else { return Ok(()) };
        write_row(&mut self.row, &FailedResultDocument::new(&result, line.raw))?;
        self.failed_results.write(&self.row).await?;
        self.failed_lines.write(line.raw).await?;
        self.failed_lines.write(b"\n").await?;
        for error in errors {
            let (row, number) = (self.report.errors, line.number);
            write_row(&mut self.row, &ImportErrorDocument::new(self.import, row, number, line.external_ref, error))?;
            self.errors.write(&self.row).await?;
            self.errors_bytes += u64::try_from(self.row.len()).unwrap_or_default();
            self.errors_index.write(&index_entry(self.errors_bytes)).await?;
            self.report.errors += 1;
            self.report.blocked += u64::from(error.blocked_by.is_some());
        }
        Ok(())
    }

    /// Makes the report visible. With a `failure` it begins with an error row of the file as a whole.
    ///
    /// # Errors
    /// When a file could not be written to its end.
    pub async fn finish(self, failure: Option<RecordError>) -> PortResult<Report> {
        try_join!(
            self.errors.finish(),
            self.errors_index.finish(),
            self.results.finish(),
            self.failed_results.finish(),
            self.failed_lines.finish()
        )?;
        let errors = self.report.errors + u64::from(failure.is_some());
        Ok(Report { failure, errors, ..self.report })
    }
}

/// Writes a document as one line.
fn write_row(row: &mut Vec<u8>, document: &impl Serialize) -> PortResult<()> {
    row.clear();
    serde_json::to_writer(&mut *row, document).map_err(|error| PortError::Permanent(error.to_string()))?;
    row.push(b'\n');
    Ok(())
}
