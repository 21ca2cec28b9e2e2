//! Telling what became of the lines, in the order of the file, while others are still being imported.

use std::collections::HashMap;

use imports::{
    import::Import,
    ports::{FileWriter, PortError, PortResult},
    report::{Fate, ReportLine, ReportWriter},
};
use records::RecordError;
use tokio::sync::mpsc::Receiver;

use crate::{
    references::line_id,
    sheet::{self, Sheet, SheetLine},
};

/// What is wrong with lines, by their places in the sheet.
pub(crate) type LineErrors = Vec<(usize, Vec<RecordError>)>;

/// Writes a line as soon as it and all lines before it are settled, until every line is. Only the errors of lines that have
/// to wait for an earlier one are held.
///
/// # Errors
/// When the report can't be written, or the work ends before every line is settled.
pub(crate) async fn tell<'a, W: FileWriter + Send>(
    mut writer: ReportWriter<'a, W>,
    import: &Import,
    sheet: &Sheet<'_>,
    mut failed: Receiver<LineErrors>,
) -> PortResult<ReportWriter<'a, W>> {
    let mut held = HashMap::new();
    let mut lines = sheet.lines().iter().enumerate().peekable();
    while let Some(errors) = failed.recv().await {
        held.extend(errors);
        while let Some((place, line)) = lines.peek() {
            let Some(fate) = line.fate.get() else { break };
            let errors = held.remove(place);
            let fate = match (fate, &errors) {
                (sheet::Fate::Imported(action), _) => match line_id(import, line) {
                    Some(id) => Fate::Imported(id, *action),
                    None => break,
                },
                (sheet::Fate::Failed, Some(errors)) => Fate::Failed(errors),
                // Settled, but its errors are still on their way here.
                (sheet::Fate::Failed, None) => break,
            };
            writer.add(&shown(line, fate)).await?;
            lines.next();
        }
    }
    match lines.next() {
        None => Ok(writer),
        Some((_, line)) => Err(PortError::Permanent(format!(
            "the report ends before line {}, which was not settled",
            line.line.number
        ))),
    }
}

fn shown<'a>(line: &'a SheetLine<'_>, fate: Fate<'a>) -> ReportLine<'a> {
    ReportLine {
        number: line.line.number,
        raw: line.line.raw,
        record_type: line.record_type,
        external_ref: line.external_ref.as_deref(),
        fate,
    }
}

#[cfg(test)]
mod tests {
    use imports::import::{ImportFile, ImportId, NewImport};
    use records::StoreId;
    use tokio::sync::mpsc::channel;
    use twins::{Faults, MemoryFiles};

    use super::*;

    #[tokio::test]
    async fn a_report_that_ends_with_lines_left_over_is_an_error() {
        let store = StoreId::from_configuration("main").unwrap();
        let file = ImportFile { key: "1".to_owned(), version: None };
        let import = Import::pending(NewImport::new(ImportId::new(uuid::Uuid::nil()), store, file), twins::now());
        let sheet = Sheet::read(b"a\nb\n").unwrap();
        let files = MemoryFiles::new(Faults::default());
        let (failed, told) = channel(1);
        sheet.settle(0, sheet::Fate::Failed);
        failed.send(vec![(0, Vec::new())]).await.unwrap();
        drop(failed);
        let error = tell(ReportWriter::begin(&files, &import, 1), &import, &sheet, told).await.unwrap_err();
        assert_eq!(error.to_string(), "permanent: the report ends before line 2, which was not settled");
    }
}
