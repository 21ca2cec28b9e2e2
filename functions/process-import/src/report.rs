//! Telling what became of the lines, in the order of the file, while others are still being imported.

use std::collections::HashMap;

use imports::{
    import::Import,
    ports::{FileWriter, PortResult},
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
    Ok(writer)
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
