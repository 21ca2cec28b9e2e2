//! What a job has to say of the lines it did not import, written to S3 in the order of the file.

use std::collections::BTreeMap;

use futures_util::try_join;
use shared::{
    api::ImportErrorDocument,
    import::{Import, Lease, Report},
    ports::{FileStore, FileWriter, Outside, StoreError},
    record::RecordError,
    report::index_entry,
};

use crate::sheet::Sheet;

/// The errors of a file, by the place of their line in the sheet.
pub(crate) type LineErrors = BTreeMap<usize, Vec<RecordError>>;

/// Writes the report of one claim: the row of the file as a whole if there is one, then those of its lines.
pub(crate) async fn write<F: FileStore>(
    files: &F,
    import: &Import,
    lease: &Lease,
    whole: Option<RecordError>,
    lines: Option<(&Sheet<'_>, LineErrors)>,
) -> Outside<Report> {
    let prefix = Report::prefix(lease);
    let mut writer = Writer {
        import,
        rows: files.writer(Report::errors_key(&prefix)),
        index: files.writer(Report::errors_index_key(&prefix)),
        bytes: 0,
        count: 0,
        row: Vec::new(),
    };
    if let Some(error) = whole {
        writer.add(0, None, &error).await?;
    }
    if let Some((sheet, errors)) = lines {
        for (place, errors) in errors {
            let Some(line) = sheet.lines().get(place) else { continue };
            for error in errors {
                writer.add(line.line.number, line.external_ref.as_deref(), &error).await?;
            }
        }
    }
    let errors = writer.count;
    try_join!(writer.rows.finish(), writer.index.finish())?;
    Ok(Report { prefix, errors })
}

struct Writer<'a, W> {
    import: &'a Import,
    rows: W,
    index: W,
    bytes: u64,
    count: u64,
    row: Vec<u8>,
}

impl<W: FileWriter> Writer<'_, W> {
    async fn add(&mut self, line_number: u32, external_ref: Option<&str>, error: &RecordError) -> Outside<()> {
        let document = ImportErrorDocument::new(self.import, self.count, line_number, external_ref, error);
        self.row.clear();
        serde_json::to_writer(&mut self.row, &document).map_err(|error| StoreError::Permanent(error.to_string()))?;
        self.row.push(b'\n');
        self.bytes += u64::try_from(self.row.len()).unwrap_or_default();
        self.count += 1;
        self.rows.write(&self.row).await?;
        self.index.write(&index_entry(self.bytes)).await
    }
}
