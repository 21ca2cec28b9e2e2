//! Reporting how each line went, in the order of the file, while others are still being imported.

use std::collections::HashMap;

use imports::{
    ports::{FileWriter, PortError, PortResult},
    report::{ReportLine, ReportWriter},
};
use records::{FileLine, RecordWarning};
use tokio::sync::mpsc::Receiver;

use crate::{batch::SettledLine, progress::Progress};

/// Writes each line as soon as it and all lines before it are settled. The outcomes of lines that have to wait for an earlier
/// one are held. The first line that is imported without an `external_ref` has a warning for all that are like it.
///
/// # Errors
/// When a line is still not settled after all that were: no report may end without it.
pub(crate) async fn report<'w, W: FileWriter + Send>(
    mut writer: ReportWriter<'w, W>,
    lines: &[FileLine<'_>],
    mut settled: Receiver<Vec<SettledLine<'_>>>,
    progress: &Progress,
) -> PortResult<ReportWriter<'w, W>> {
    let mut is_told = false;
    let mut held: HashMap<u32, SettledLine<'_>> = HashMap::new();
    for line in lines {
        let SettledLine { outcome, mut warnings, .. } = loop {
            if let Some(settled) = held.remove(&line.number) {
                break settled;
            }
            let Some(batch) = settled.recv().await else {
                return Err(PortError::Permanent(format!("line {} was never settled", line.number)));
            };
            held.extend(batch.into_iter().map(|settled| (settled.line.number, settled)));
        };
        let external_ref = line.external_ref.as_deref();
        if !is_told && external_ref.is_none() && outcome.is_ok() {
            if warnings.is_empty() {
                progress.warned();
            }
            warnings.push(RecordWarning::no_external_ref());
            is_told = true;
        }
        let FileLine { number, raw, record_type, .. } = *line;
        let line = ReportLine { number, raw, record_type, external_ref, outcome: &outcome, warnings: &warnings };
        writer.add(&line).await?;
    }
    Ok(writer)
}

#[cfg(test)]
mod tests {
    use imports::import::Import;
    use records::FileLines;
    use tokio::sync::mpsc::channel;
    use twins::fixture::{World, job, noon};

    use super::*;

    #[tokio::test]
    async fn a_report_never_ends_without_a_line() {
        let lines = FileLines::of(b"a\nb\nc").unwrap();
        let (sender, settled) = channel(1);
        let some = [&lines[0], &lines[2]].map(|line| SettledLine::new(line, Err(Vec::new())));
        sender.send(some.into()).await.unwrap();
        drop(sender);
        let (import, files) = (Import::pending(job(1), noon(), 1), World::new().files);
        let ended = report(ReportWriter::begin(&files, &import, 1), &lines, settled, &Progress::default()).await;
        assert_eq!(ended.err(), Some(PortError::Permanent("line 2 was never settled".to_owned())));
    }
}
