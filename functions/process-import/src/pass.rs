//! One pass over an import file: from its first byte to the job's terminal status.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use shared::{
    import::{Ending, Import, Lease, Outcome},
    ports::{FileStore, ImportStore, Outside, RecordStore, StoreError},
    record::{RecordError, RecordType},
};
use tracing::{info, warn};

use crate::{
    Worker,
    batch::{BATCH, import_batch},
    fault::FileFault,
    progress::Progress,
    references::{Copies, References},
    report::{self, LineErrors},
    sheet::{Fate, Sheet},
    unpack::Unpacker,
};

/// How many batches are under way at once; each writes up to four batches of 25 side by side.
const IN_FLIGHT: usize = 8;

/// How much of the function's time is left for handing a job over.
const HAND_OVER: TimeDelta = TimeDelta::seconds(30);

/// How often a file is read from the start again after its stream broke.
const READS: u32 = 3;

/// The types in the order of need: what a type may refer to comes before it. Lines of no known type go first; reading
/// them tells what is wrong with them.
const WAVES: [&[Option<RecordType>]; 4] = [
    &[None],
    &[
        Some(RecordType::SubscriptionProduct),
        Some(RecordType::SubscriptionPlan),
        Some(RecordType::SubscriptionFeature),
        Some(RecordType::SubscriptionSubscriber),
    ],
    &[Some(RecordType::SubscriptionOffering)],
    &[Some(RecordType::Subscription)],
];

/// How a pass ended without finishing the job.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The function's time is nearly over.
    OutOfTime,
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// A worker at one claimed job.
#[derive(Debug)]
pub(crate) struct Pass<'a, I, R, F, Q> {
    pub(crate) worker: &'a Worker<I, R, F, Q>,
    pub(crate) import: &'a Import,
    pub(crate) lease: &'a Lease,
    pub(crate) progress: &'a Progress,
    /// When Lambda stops the function.
    pub(crate) deadline: DateTime<Utc>,
}

impl<I, R, F, Q> Pass<'_, I, R, F, Q>
where
    I: ImportStore,
    R: RecordStore,
    F: FileStore,
    Q: Sync,
{
    /// Imports every good line of the file, says of every bad one why, and ends the job.
    pub(crate) async fn run(&self) -> Result<(), Stop> {
        if let Some(problem) = &self.import.refused {
            return Ok(self.end_with(&FileFault::InvalidOption(problem.clone())).await?);
        }
        let file = match self.read_file().await? {
            Ok(file) => file,
            Err(fault) => return Ok(self.end_with(&fault).await?),
        };
        let mut sheet = match Sheet::read(&file) {
            Ok(sheet) => sheet,
            Err(fault) => return Ok(self.end_with(&fault).await?),
        };
        for record_type in sheet.lines().iter().filter_map(|line| line.record_type) {
            self.progress.uploaded(record_type);
        }
        let copies = Copies::default();
        let mut errors = LineErrors::new();
        for types in WAVES {
            self.wave(types, &mut sheet, &copies, &mut errors).await?;
        }
        let whole = nothing_imported(&sheet, self.progress.tally().imported.total());
        Ok(self.conclude(whole, Some((&sheet, errors))).await?)
    }

    /// Ends the job as failed, for a reason that concerns the file as a whole.
    pub(crate) async fn end_with(&self, fault: &FileFault) -> Outside<()> {
        self.conclude(Some(fault.error()), None).await
    }

    /// Reads and unpacks the import file.
    async fn read_file(&self) -> Outside<Result<Vec<u8>, FileFault>> {
        let mut rounds = 1..;
        loop {
            let mut unpacker = Unpacker::default();
            let read = self.worker.files.read(&self.import.file, |piece| unpacker.take(piece)).await;
            match read {
                Ok(true) => return Ok(unpacker.finish()),
                Ok(false) => return Ok(Err(FileFault::Missing)),
                Err(StoreError::Transient(reason)) if rounds.next() < Some(READS) => {
                    warn!(import.id = %self.import.id, %reason, "the file is read again");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Imports all lines of some types, a bounded number of batches at a time.
    async fn wave(
        &self,
        types: &[Option<RecordType>],
        sheet: &mut Sheet<'_>,
        copies: &Copies,
        errors: &mut LineErrors,
    ) -> Result<(), Stop> {
        let of_wave = sheet.lines().iter().enumerate().filter(|(_, line)| types.contains(&line.record_type));
        let places: Vec<usize> = of_wave.map(|(place, _)| place).collect();
        let mut settled = Vec::with_capacity(places.len());
        let references = &References { import: self.import, sheet: &*sheet, records: &self.worker.records, copies };
        let mut batches = stream::iter(places.chunks(BATCH))
            .map(|places| async move {
                // Asked as a batch begins. Those under way are dropped; what they wrote is written again, the same.
                if self.deadline - (self.worker.clock)() < HAND_OVER {
                    return Err(Stop::OutOfTime);
                }
                Ok(import_batch(references, places).await?)
            })
            .buffer_unordered(IN_FLIGHT);
        while let Some(batch) = batches.next().await {
            for (place, became) in batch? {
                let record_type = references.sheet.lines().get(place).and_then(|line| line.record_type);
                if let (Ok(()), Some(record_type)) = (&became, record_type) {
                    self.progress.imported(record_type);
                }
                settled.push((place, became));
            }
        }
        drop(batches);
        for (place, became) in settled {
            match became {
                Ok(()) => sheet.settle(place, Fate::Imported),
                Err(why) => {
                    sheet.settle(place, Fate::Failed);
                    errors.insert(place, why);
                }
            }
        }
        Ok(())
    }

    /// Writes the report, then the terminal status: never the one without the other. The job failed when there is
    /// something to say of the file as a whole.
    async fn conclude(&self, whole: Option<RecordError>, lines: Option<(&Sheet<'_>, LineErrors)>) -> Outside<()> {
        let ending = if whole.is_none() { Ending::Success } else { Ending::Failed };
        let report = report::write(&self.worker.files, self.import, self.lease, whole, lines).await?;
        let errors = report.errors;
        let tally = self.progress.tally();
        let now = (self.worker.clock)();
        let outcome = Outcome { ending, tally, report, expires_at: now + self.worker.retention };
        self.progress.close();
        self.worker.imports.finish(self.lease, &outcome, now).await?;
        info!(
            import.id = %self.import.id,
            store = %self.import.store,
            import.ending = ?ending,
            records.uploaded = tally.uploaded.total(),
            records.imported = tally.imported.total(),
            errors,
            "import finished"
        );
        Ok(())
    }
}

/// The row that says that a file came to nothing.
fn nothing_imported(sheet: &Sheet<'_>, imported: u32) -> Option<RecordError> {
    if imported > 0 {
        return None;
    }
    // One JSON document over the whole file, as an export tool writes it: "[{…}, {…}]" or a pretty-printed object.
    let lines = sheet.lines();
    let first = lines.first().map(|line| line.line.bytes.trim_ascii()).unwrap_or_default();
    let unknown = lines.iter().all(|line| line.record_type.is_none());
    let document = unknown && (first.starts_with(b"[") || first == b"{");
    Some(FileFault::NothingImported { lines: lines.len(), document }.error())
}
