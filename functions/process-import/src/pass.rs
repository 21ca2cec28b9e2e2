//! One pass over an import file: from its first byte to the job's terminal status.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryFutureExt, stream, try_join};
use shared::{
    import::{Ending, Import, Lease, Outcome, Tally},
    ports::{FileStore, ImportStore, Outside, RecordStore, StoreError},
    receipt::receipt_key,
    record::{RecordError, RecordErrorCode, RecordType},
    report::ReportWriter,
    telemetry::{EndedJob, JobOutcome, Run},
};
use tokio::sync::mpsc::{Sender, channel};
use tracing::{info, warn};

use crate::{
    Worker,
    batch::{batches, import_batch, leave_batch},
    bulk::Bulk,
    fault::FileFault,
    progress::Progress,
    references::{Copies, References},
    report::{self, LineErrors},
    sheet::{Fate, Sheet},
    unpack::Unpacker,
};

/// How many batches are under way at once: enough that calls are full even where many wait for one that hangs.
const IN_FLIGHT: usize = 24;

/// How many are where a small line may become a large object, with copies of all it refers to: memory is bounded by it.
const IN_FLIGHT_WITH_COPIES: usize = 16;

/// How many batches may be settled before the report has told of them.
const TOLD_BEHIND: usize = 64;

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
    /// Which claim of the job it is, from 1.
    pub(crate) attempt: u32,
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
        let sheet = match Sheet::read(&file) {
            Ok(sheet) => sheet,
            Err(fault) => return Ok(self.end_with(&fault).await?),
        };
        for record_type in sheet.lines().iter().filter_map(|line| line.record_type) {
            self.progress.uploaded(record_type);
        }
        let (failed, told) = channel(TOLD_BEHIND);
        let report = report::tell(self.begin_report(), self.import, &sheet, told);
        // The report is written beside the work.
        let (is_left, report) = try_join!(self.waves(&sheet, failed), report.map_err(Stop::from))?;
        let failure = if is_left {
            Some(FileFault::Cancelled.error())
        } else {
            nothing_imported(&sheet, self.progress.tally().imported.total())
        };
        Ok(self.conclude(report, failure, self.progress.tally(), sheet.failed()).await?)
    }

    /// Ends the job as failed, for a reason that concerns the file as a whole.
    pub(crate) async fn end_with(&self, fault: &FileFault) -> Outside<()> {
        self.conclude(self.begin_report(), Some(fault.error()), self.progress.shown(), 0).await
    }

    fn begin_report(&self) -> ReportWriter<'_, F::Writer> {
        ReportWriter::begin(&self.worker.files, self.import, self.lease.epoch)
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

    /// Imports all lines, those first that others may refer to. The answer says whether some were left, as the job was
    /// cancelled.
    async fn waves(&self, sheet: &Sheet<'_>, failed: Sender<LineErrors>) -> Result<bool, Stop> {
        let copies = Copies::default();
        let records = Bulk::new(&self.worker.records);
        let references = References { import: self.import, sheet, records: &records, copies: &copies };
        let mut is_left = false;
        for types in WAVES {
            is_left |= self.wave(types, &references, &failed).await?;
        }
        Ok(is_left)
    }

    /// Imports all lines of some types, a bounded number of batches at a time.
    async fn wave(
        &self,
        types: &[Option<RecordType>],
        references: &References<'_, R>,
        failed: &Sender<LineErrors>,
    ) -> Result<bool, Stop> {
        let sheet = references.sheet;
        let of_wave = sheet.lines().iter().enumerate().filter(|(_, line)| types.contains(&line.record_type));
        let places: Vec<usize> = of_wave.map(|(place, _)| place).collect();
        let under_way = stream::iter(batches(sheet, &places)).map(|places| async move {
            // Asked as a batch begins. Those under way are dropped; what they wrote is written again, the same.
            if self.deadline - (self.worker.clock)() < HAND_OVER {
                return Err(Stop::OutOfTime);
            }
            // Here those under way go on to their end, so that all they write is told.
            let settled = if self.progress.is_cancelled() {
                leave_batch(references, places).await?
            } else {
                import_batch(references, places).await?
            };
            Ok(settled)
        });
        let copying = [Some(RecordType::SubscriptionOffering), Some(RecordType::Subscription)];
        let has_copies = types.iter().any(|record_type| copying.contains(record_type));
        let in_flight = if has_copies { IN_FLIGHT_WITH_COPIES } else { IN_FLIGHT };
        let mut under_way = under_way.buffer_unordered(in_flight);
        let mut is_left = false;
        while let Some(batch) = under_way.next().await {
            let mut errors = LineErrors::new();
            for (place, became) in batch? {
                match became {
                    Ok(action) => {
                        sheet.settle(place, Fate::Imported(action));
                        if let Some(record_type) = sheet.lines().get(place).and_then(|line| line.record_type) {
                            self.progress.imported(record_type);
                        }
                    }
                    Err(why) => {
                        sheet.settle(place, Fate::Failed);
                        is_left |= why.iter().any(|error| error.code == RecordErrorCode::Cancelled);
                        errors.push((place, why));
                    }
                }
            }
            // Nobody listens any more only where the report has failed, and with it the pass.
            let _ = failed.send(errors).await;
        }
        Ok(is_left)
    }

    /// Makes the report visible, then the terminal status: never the one without the other. The job failed when there is
    /// something to say of the file as a whole.
    async fn conclude(
        &self,
        report: ReportWriter<'_, F::Writer>,
        failure: Option<RecordError>,
        tally: Tally,
        failed: u32,
    ) -> Outside<()> {
        let ending = if failure.is_none() { Ending::Success } else { Ending::Failed };
        let job_outcome = JobOutcome::of(failure.as_ref());
        let report = report.finish(failure).await?;
        let errors = report.errors;
        let now = (self.worker.clock)();
        let owes_receipt = receipt_key(self.import).is_some();
        let outcome = Outcome { ending, tally, report, expires_at: now + self.worker.retention, owes_receipt };
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
        self.worker.telemetry.job_ended(&EndedJob {
            id: self.import.id,
            outcome: job_outcome,
            uploaded: tally.uploaded.total(),
            imported: if self.import.options.dry_run { 0 } else { tally.imported.total() },
            failed,
            run: Run::of(self.import, self.attempt),
            finished_at: now,
        });
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
