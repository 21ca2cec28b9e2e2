//! Reporting how each line went, in the order of the file, while others are still being imported.

use std::collections::HashMap;

use imports::{
    ports::{FileWriter, PortError, PortResult},
    report::{LineOutcome, ReportLine, ReportWriter},
};
use records::FileLine;
use tokio::sync::mpsc::Receiver;

use crate::batch::SettledLine;

/// Writes each line as soon as it and all lines before it are settled. The outcomes of lines that have to wait for an earlier
/// one are held.
///
/// # Errors
/// When a line is still not settled after all that were: no report may end without it.
pub(crate) async fn report<'w, W: FileWriter + Send>(
    mut writer: ReportWriter<'w, W>,
    lines: &[FileLine<'_>],
    mut settled: Receiver<Vec<SettledLine<'_>>>,
) -> PortResult<ReportWriter<'w, W>> {
    let mut held: HashMap<u32, LineOutcome> = HashMap::new();
    for line in lines {
        let outcome = loop {
            if let Some(outcome) = held.remove(&line.number) {
                break outcome;
            }
            let Some(batch) = settled.recv().await else {
                return Err(PortError::Permanent(format!("line {} was never settled", line.number)));
            };
            held.extend(batch.into_iter().map(|settled| (settled.line.number, settled.outcome)));
        };
        let external_ref = line.external_ref.as_deref();
        let FileLine { number, raw, record_type, .. } = *line;
        writer.add(&ReportLine { number, raw, record_type, external_ref, outcome: &outcome }).await?;
    }
    Ok(writer)
}

#[cfg(test)]
mod tests {
    use imports::import::{Import, ImportFile, ImportId, NewImport};
    use records::{FileLines, StoreId};
    use tokio::sync::mpsc::channel;
    use twins::{Faults, MemoryFiles};

    use super::*;

    #[tokio::test]
    async fn a_report_that_ends_with_lines_left_over_is_an_error() {
        let store = StoreId::from_configuration("main").unwrap();
        let file = ImportFile { key: "1".to_owned(), version: None };
        let import = Import::pending(NewImport::new(ImportId::new(uuid::Uuid::nil()), store, file), twins::now());
        let lines: Vec<_> = FileLines::of(b"a\nb\n").unwrap().collect();
        let files = MemoryFiles::new(Faults::default());
        let (settled, reported) = channel(1);
        settled.send(vec![SettledLine { line: &lines[0], outcome: Err(Vec::new()) }]).await.unwrap();
        drop(settled);
        let error = report(ReportWriter::begin(&files, &import, 1), &lines, reported).await.unwrap_err();
        assert_eq!(error.to_string(), "permanent: line 2 was never settled");
    }
}
