//! One pass over an import file: from its first byte to the job's terminal status.

use std::{future::ready, pin::pin};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryFutureExt, stream, try_join};
use imports::{
    import::{Ending, Import, Lease, Outcome, Tally},
    ports::{FileRead, Files, Imports, PortError, PortResult, Records},
    receipt::receipt_key,
    report::ReportWriter,
    telemetry::{EndedJob, JobOutcome, Run},
    times::{DRAIN, HAND_OVER},
};
use records::{RecordError, RecordType};
use tokio::{
    sync::mpsc::{Sender, channel},
    task::yield_now,
    time::timeout,
};
use tracing::{info, warn};

use crate::{
    Worker,
    batch::{batches, import_batch, leave_batch},
    bulk::Bulk,
    fault::{EarlyEnd, FileFault},
    progress::Progress,
    references::{Copies, References},
    report::{self, LineErrors},
    sheet::{Fate, Sheet},
    unpack::{MAX_STORED, Unpacker},
};

/// How many batches are under way at once: enough that calls are full even where many wait for one that hangs.
const IN_FLIGHT: usize = 24;

/// How many are where a small line may become a large object, with copies of all it refers to: memory is bounded by it.
const IN_FLIGHT_WITH_COPIES: usize = 16;

/// How many batches may be settled before the report has told of them.
const TOLD_BEHIND: usize = 64;

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
    Failed(PortError),
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
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
    /// Whether an earlier claim may have written objects.
    pub(crate) resumed: bool,
    pub(crate) progress: &'a Progress,
    /// When Lambda stops the function.
    pub(crate) deadline: DateTime<Utc>,
}

impl<I, R, F, Q> Pass<'_, I, R, F, Q>
where
    I: Imports,
    R: Records,
    F: Files,
    Q: Sync,
{
    /// Imports every good line of the file, says of every bad one why, and ends the job.
    pub(crate) async fn run(&self) -> Result<(), Stop> {
        self.go_over_file(None).await
    }

    /// Imports nothing any more: tells of every line whether it was imported before, and ends the job.
    pub(crate) async fn leave(&self, why: EarlyEnd) -> Result<(), Stop> {
        self.progress.start_over();
        self.go_over_file(Some(why)).await
    }

    /// Ends the job without a look at its file.
    pub(crate) async fn end_untold(&self, why: EarlyEnd) -> Result<(), Stop> {
        Ok(self.end_with(&FileFault::EndedUntold(why)).await?)
    }

    async fn go_over_file(&self, leaving: Option<EarlyEnd>) -> Result<(), Stop> {
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
        let (left, report) = try_join!(self.waves(&sheet, leaving, failed), report.map_err(Stop::from))?;
        let failure = match left {
            Some(why) => Some(FileFault::EndedEarly(why).error()),
            None => nothing_imported(&sheet, self.progress.tally().imported.total()),
        };
        Ok(self.conclude(report, failure, self.progress.tally(), sheet.failed()).await?)
    }

    /// Ends the job as failed, for a reason that concerns the file as a whole.
    async fn end_with(&self, fault: &FileFault) -> PortResult<()> {
        self.conclude(self.begin_report(), Some(fault.error()), self.progress.shown(), 0).await
    }

    fn begin_report(&self) -> ReportWriter<'_, F::Writer> {
        ReportWriter::begin(&self.worker.files, self.import, self.lease.epoch)
    }

    /// Reads and unpacks the import file, in the time there is.
    async fn read_file(&self) -> Result<Result<Vec<u8>, FileFault>, Stop> {
        let time = (self.deadline - HAND_OVER - (self.worker.clock)()).to_std().unwrap_or_default();
        Ok(timeout(time, self.read_and_unpack()).await.map_err(|_| Stop::OutOfTime)??)
    }

    async fn read_and_unpack(&self) -> PortResult<Result<Vec<u8>, FileFault>> {
        let mut rounds = 1..;
        loop {
            let mut unpacker = Unpacker::default();
            match self.worker.files.read(&self.import.file, MAX_STORED, |piece| unpacker.take(piece)).await {
                Ok(FileRead::Done) => return Ok(unpacker.finish()),
                Ok(FileRead::Missing) => return Ok(Err(FileFault::Missing)),
                Ok(FileRead::TooLarge { bytes }) => return Ok(Err(FileFault::StoredTooLarge(bytes))),
                Err(PortError::Transient(reason)) if rounds.next() < Some(READS) => {
                    warn!(import.id = %self.import.id, %reason, "the file is read again");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Settles all lines, those first that others may refer to. The answer says why some were left, if any were.
    async fn waves(
        &self,
        sheet: &Sheet<'_>,
        leaving: Option<EarlyEnd>,
        failed: Sender<LineErrors>,
    ) -> Result<Option<EarlyEnd>, Stop> {
        let copies = Copies::default();
        let records = Bulk::new(&self.worker.records);
        let references =
            References { import: self.import, resumed: self.resumed, sheet, records: &records, copies: &copies };
        let mut left = None;
        for types in WAVES {
            // Those under way when the time is nearly over end, and are settled, before the job is given back.
            let time = (self.deadline - (HAND_OVER - DRAIN) - (self.worker.clock)()).to_std().unwrap_or_default();
            let wave = timeout(time, self.wave(types, leaving, &references, &failed));
            left = wave.await.unwrap_or(Err(Stop::OutOfTime))?.or(left);
        }
        Ok(left)
    }

    /// Settles all lines of some types, a bounded number of batches at a time.
    async fn wave(
        &self,
        types: &[Option<RecordType>],
        leaving: Option<EarlyEnd>,
        references: &References<'_, R>,
        failed: &Sender<LineErrors>,
    ) -> Result<Option<EarlyEnd>, Stop> {
        let sheet = references.sheet;
        let of_wave = sheet.lines().iter().enumerate().filter(|(_, line)| types.contains(&line.record_type));
        let places: Vec<usize> = of_wave.map(|(place, _)| place).collect();
        let batches = batches(sheet, &places);
        let mut to_settle = batches.len();
        let has_time = |_: &&[usize]| ready(self.deadline - (self.worker.clock)() >= HAND_OVER);
        let batches = stream::iter(batches).then(breathe).take_while(has_time);
        let under_way = batches.map(|places| async move {
            // Asked as a batch begins: those under way go on to their end, so that all they write is told.
            match leaving.or_else(|| self.progress.is_cancelled().then_some(EarlyEnd::Cancelled)) {
                Some(why) => Ok::<_, Stop>((leave_batch(references, places, why).await?, Some(why))),
                None => Ok((import_batch(references, places).await?, None)),
            }
        });
        let copying = [Some(RecordType::SubscriptionOffering), Some(RecordType::Subscription)];
        let has_copies = types.iter().any(|record_type| copying.contains(record_type));
        let in_flight = if has_copies { IN_FLIGHT_WITH_COPIES } else { IN_FLIGHT };
        let mut under_way = pin!(under_way.buffer_unordered(in_flight));
        let mut left = None;
        while let Some(batch) = under_way.next().await {
            let (settled, leaving) = batch?;
            to_settle -= 1;
            let mut errors = LineErrors::new();
            for (place, became) in settled {
                match became {
                    Ok(action) => {
                        sheet.settle(place, Fate::Imported(action));
                        if let Some(record_type) = sheet.lines().get(place).and_then(|line| line.record_type) {
                            self.progress.imported(record_type);
                        }
                    }
                    Err(why) => {
                        sheet.settle(place, Fate::Failed);
                        left = leaving.filter(|leaving| leaving.is_told_by(&why)).or(left);
                        errors.push((place, why));
                    }
                }
            }
            // Nobody listens any more only where the report has failed, and with it the pass.
            let _ = failed.send(errors).await;
        }
        if to_settle == 0 { Ok(left) } else { Err(Stop::OutOfTime) }
    }

    /// Makes the report visible, then the terminal status: never the one without the other. The job failed when there is
    /// something to say of the file as a whole.
    async fn conclude(
        &self,
        report: ReportWriter<'_, F::Writer>,
        failure: Option<RecordError>,
        tally: Tally,
        failed: u32,
    ) -> PortResult<()> {
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

/// Ends the turn of the work before a batch begins. Reading takes the processor and does not pause: so one batch is read in
/// a turn, and lease and time are looked at before the next.
async fn breathe(batch: &[usize]) -> &[usize] {
    yield_now().await;
    batch
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
