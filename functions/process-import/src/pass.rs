//! One pass over an import file: from its first byte to the job's terminal status.

use std::{future::ready, pin::pin};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryFutureExt, stream};
use imports::{
    import::{Ending, Import, Lease, Outcome, Tally},
    ports::{FileRead, Files, Imports, PortError, PortResult, Records},
    receipt::receipt_key,
    report::{Action, ReportLine, ReportWriter},
    telemetry::{EndedJob, JobOutcome, Run, Work},
    times::{DRAIN, HAND_OVER},
    used::Used,
};
use records::{
    Failure, FileFault, FileLine, FileLines, Ids, RecordError, References, Standing, by_level, limits::MAX_STORED,
    unpack::Unpacker,
};
use tokio::{
    sync::mpsc::{Sender, channel},
    task::yield_now,
    time::timeout,
    try_join,
};
use tracing::{info, warn};

use crate::{
    Worker,
    batch::{Importer, SettledLine, batches},
    bulk::Bulk,
    fault::{EarlyEnd, JobFault},
    progress::Progress,
    report::report,
    stored::StoredObjects,
};

/// How many batches are under way at once: enough that calls are full even where many wait for one that hangs.
const IN_FLIGHT: usize = 24;

/// How many are where a small line may become a large object, with copies of all it refers to: memory is bounded by it.
const IN_FLIGHT_WITH_COPIES: usize = 16;

/// How many bytes of memory copies of the file's objects may take, for the lines that refer to them.
const MOST_COPIES: usize = 8 << 20;

/// How many settled batches may wait for the report.
const UNREPORTED: usize = 64;

/// How often a file is read from the start again after its stream broke.
const READS: u32 = 3;

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
pub(crate) struct Pass<'a, I, R, F, Q, E> {
    pub(crate) worker: &'a Worker<I, R, F, Q, E>,
    pub(crate) import: &'a Import,
    pub(crate) lease: &'a Lease,
    /// Whether an earlier claim may have written objects.
    pub(crate) resumed: bool,
    pub(crate) progress: &'a Progress,
    /// When Lambda stops the function.
    pub(crate) deadline: DateTime<Utc>,
    /// When the claim began, and what had been used up by then.
    pub(crate) began: (DateTime<Utc>, Used),
}

impl<I, R, F, Q, E> Pass<'_, I, R, F, Q, E>
where
    I: Imports,
    R: Records,
    F: Files,
    Q: Sync,
    E: Sync,
{
    /// Imports every good line of the file, says of every bad one why, and ends the job.
    pub(crate) async fn run(&self) -> Result<(), Stop> {
        self.go_over_file(None).await
    }

    /// Imports nothing any more: reports of every line whether it was imported before, and ends the job.
    pub(crate) async fn leave(&self, why: EarlyEnd) -> Result<(), Stop> {
        self.progress.start_over();
        self.go_over_file(Some(why)).await
    }

    /// Ends the job without a look at its file.
    pub(crate) async fn end_unreported(&self, why: EarlyEnd) -> Result<(), Stop> {
        Ok(self.end_with(&JobFault::EndedUnreported(why)).await?)
    }

    /// What the claim has come to so far.
    pub(crate) fn work(&self) -> Work {
        let (at, before) = self.began;
        Work { used: self.worker.records.used() - before, time: (self.worker.clock)() - at }
    }

    async fn go_over_file(&self, leaving: Option<EarlyEnd>) -> Result<(), Stop> {
        if let Some(problem) = &self.import.refused {
            return self.hand_back(&JobFault::InvalidOption(problem.clone())).await;
        }
        if !self.is_latest_put().await? {
            return Ok(self.end_with(&JobFault::Superseded).await?);
        }
        let file = match self.read_file().await? {
            Ok(file) => file,
            Err(fault) => return Ok(self.end_with(&fault).await?),
        };
        let lines = match FileLines::of(&file) {
            Ok(lines) => lines,
            Err(fault) => return Ok(self.end_with(&fault.into()).await?),
        };
        if let Some(fault) = self.unheard_dry_run(&lines) {
            return self.report_untried(&fault, &lines).await;
        }
        for line in lines.iter() {
            self.progress.uploaded(line);
        }
        let (sender, settled) = channel(UNREPORTED);
        let report = report(self.begin_report(), &lines, settled, self.progress);
        // The report is written beside the work.
        let (left, report) = try_join!(biased; self.settle_all(&lines, leaving, sender), report.map_err(Stop::from))?;
        let failure = match left {
            Some(why) => Some(JobFault::EndedEarly(why).error()),
            None if self.progress.tally().imported.total() > 0 => None,
            None => Some(JobFault::from(FileFault::nothing_imported(&lines, self.progress.reasons())).error()),
        };
        let failed = lines.iter().filter(|line| matches!(line.standing(), Some(Standing::Failed(_))));
        let failed = u32::try_from(failed.count()).unwrap_or(u32::MAX);
        Ok(self.conclude(report, failure, self.progress.tally(), failed).await?)
    }

    /// Whether no later put of a dropped file was imported before. A dry run stands in nobody's way.
    async fn is_latest_put(&self) -> PortResult<bool> {
        let Import { store, file, sequencer, options, .. } = self.import;
        match sequencer {
            Some(put) if !options.dry_run => {
                self.worker.imports.note_put(store, &file.key, put, (self.worker.clock)()).await
            }
            _ => Ok(true),
        }
    }

    /// Ends the job without trying its file, whose lines are handed back as failed ones, to be sent again.
    async fn hand_back(&self, fault: &JobFault) -> Result<(), Stop> {
        if let Ok(file) = self.read_file().await?
            && let Ok(lines) = FileLines::of(&file)
        {
            return self.report_untried(fault, &lines).await;
        }
        Ok(self.end_with(fault).await?)
    }

    /// Ends the job, each line having failed for a reason that concerns the file as a whole.
    async fn report_untried(&self, fault: &JobFault, lines: &FileLines<'_>) -> Result<(), Stop> {
        let (mut report, mut failed, outcome) = (self.begin_report(), 0, Err(vec![fault.of_line()]));
        for line in lines.iter() {
            self.progress.uploaded(line);
            let FileLine { number, raw, record_type, .. } = *line;
            let external_ref = line.external_ref.as_deref();
            report
                .add(&ReportLine { number, raw, record_type, external_ref, outcome: &outcome, warnings: &[] })
                .await?;
            failed += 1;
        }
        Ok(self.conclude(report, Some(fault.error()), self.progress.tally(), failed).await?)
    }

    /// A dry run that is asked for within the file alone, where nobody reads options: it must not become an import.
    fn unheard_dry_run(&self, lines: &[FileLine<'_>]) -> Option<JobFault> {
        let line = lines.iter().find(|line| line.asks_for_dry_run && !self.import.options.dry_run)?.number;
        let problem = format!(
            "line {line} asks for a dry run, and no option is read there: take it out, and send the file with dry_run=true"
        );
        Some(JobFault::InvalidOption(problem))
    }

    /// Ends the job as failed, for a reason that concerns the file as a whole.
    async fn end_with(&self, fault: &JobFault) -> PortResult<()> {
        self.conclude(self.begin_report(), Some(fault.error()), self.progress.shown(), 0).await
    }

    fn begin_report(&self) -> ReportWriter<'_, F::Writer> {
        ReportWriter::begin(&self.worker.files, self.import, self.lease.epoch)
    }

    /// Reads and unpacks the import file, in the time there is.
    async fn read_file(&self) -> Result<Result<Vec<u8>, JobFault>, Stop> {
        let time = (self.deadline - HAND_OVER - (self.worker.clock)()).to_std().unwrap_or_default();
        Ok(timeout(time, self.read_and_unpack()).await.map_err(|_| Stop::OutOfTime)??)
    }

    async fn read_and_unpack(&self) -> PortResult<Result<Vec<u8>, JobFault>> {
        let mut rounds = 1..;
        loop {
            let mut unpacker = Unpacker::default();
            match self.worker.files.read(&self.import.file, MAX_STORED, |piece| unpacker.take(piece)).await {
                Ok(FileRead::Done) => return Ok(unpacker.finish().map_err(JobFault::from)),
                Ok(FileRead::Archived { class }) => return Ok(Err(JobFault::Archived(class))),
                Ok(FileRead::Locked) => return Ok(Err(JobFault::Locked)),
                Ok(FileRead::Missing) => return Ok(Err(JobFault::Missing)),
                Ok(FileRead::TooLarge { bytes }) => return Ok(Err(JobFault::StoredTooLarge(bytes))),
                Err(PortError::Transient(reason)) if rounds.next() < Some(READS) => {
                    self.progress.trouble();
                    warn!(import.id = %self.import.id, %reason, "the file is read again");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Settles all lines, those first that others may refer to. The answer says why some were left, if any were.
    async fn settle_all<'f>(
        &self,
        lines: &'f FileLines<'f>,
        leaving: Option<EarlyEnd>,
        reported: Sender<Vec<SettledLine<'f>>>,
    ) -> Result<Option<EarlyEnd>, Stop> {
        let ids = Ids::Derived { store: self.import.store.clone(), import: self.import.id.as_uuid() };
        let references = References::of(lines, ids).keeping(MOST_COPIES);
        let records = Bulk::new(&self.worker.records, self.progress);
        let stored = StoredObjects::new(&self.import.store, &records);
        let importer = Importer {
            import: self.import,
            resumed: self.resumed,
            references: &references,
            stored: &stored,
            records: &records,
        };
        let levels = async {
            let mut left = None;
            for (level, lines) in by_level(lines) {
                // Those under way when the time is nearly over end, and are settled, before the job is given back.
                let time = (self.deadline - (HAND_OVER - DRAIN) - (self.worker.clock)()).to_std().unwrap_or_default();
                let in_flight = if level > Some(0) { IN_FLIGHT_WITH_COPIES } else { IN_FLIGHT };
                let settled = timeout(time, self.settle(&lines, in_flight, leaving, &importer, &reported));
                left = settled.await.unwrap_or(Err(Stop::OutOfTime))?.or(left);
            }
            Ok(left)
        };
        records.serve(levels).await
    }

    /// Settles the lines of a level, a bounded number of batches at a time.
    async fn settle<'f>(
        &self,
        lines: &[&'f FileLine<'f>],
        in_flight: usize,
        leaving: Option<EarlyEnd>,
        importer: &Importer<'_, R>,
        reported: &Sender<Vec<SettledLine<'f>>>,
    ) -> Result<Option<EarlyEnd>, Stop> {
        let batches = batches(lines);
        let mut to_settle = batches.len();
        let has_time = |_: &&[&FileLine<'f>]| ready(self.deadline - (self.worker.clock)() >= HAND_OVER);
        let batches = stream::iter(batches).then(breathe).take_while(has_time);
        let under_way = batches.map(|lines| async move {
            // Asked as a batch begins: those under way go on to their end, so that all they write is reported.
            match leaving.or_else(|| self.progress.is_cancelled().then_some(EarlyEnd::Cancelled)) {
                Some(why) => Ok::<_, Stop>((importer.leave(lines, why).await?, Some(why))),
                None => Ok((importer.import(lines).await?, None)),
            }
        });
        let mut under_way = pin!(under_way.buffer_unordered(in_flight));
        let mut left = None;
        while let Some(batch) = under_way.next().await {
            let (settled, leaving) = batch?;
            to_settle -= 1;
            for SettledLine { line, outcome, warnings } in &settled {
                match outcome {
                    Ok((_, action)) => {
                        line.settle(match action {
                            Action::Created | Action::Updated => Standing::Imported,
                            Action::Skipped => Standing::Skipped,
                        });
                        self.progress.imported(line, *action, !warnings.is_empty());
                    }
                    Err(errors) => {
                        line.settle(Standing::Failed(Failure::of(errors)));
                        self.progress.refused(line, errors);
                        left = leaving.filter(|leaving| leaving.is_reported_by(errors)).or(left);
                    }
                }
            }
            // Nobody listens any more only where the report has failed, and with it the pass.
            let _ = reported.send(settled).await;
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
            run: Run::of(self.import, self.lease.attempt, self.work()),
            finished_at: now,
        });
        Ok(())
    }
}

/// Ends the turn of the work before a batch begins. Reading takes the processor and does not pause: so one batch is read in
/// a turn, and lease and time are looked at before the next.
async fn breathe<T>(batch: T) -> T {
    yield_now().await;
    batch
}
