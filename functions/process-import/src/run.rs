//! One import from claim to finish.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use shared::{
    import::{Claim, Ending, Import, Lease, MAX_ATTEMPTS, Outcome},
    message::Tick,
    ports::{FileStore, ImportQueue, ImportStore, Outside, RecordStore, StoreError},
    record::{RecordError, RecordType},
};
use tracing::{error, info, warn};

use crate::{
    Turn, Worker,
    batch::{BATCH, import_batch},
    fault::FileFault,
    heartbeat::{beat, lease_time},
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

/// The types in the order of need: what a type may refer to comes before it.
const WAVES: [&[RecordType]; 3] = [
    &[
        RecordType::SubscriptionProduct,
        RecordType::SubscriptionPlan,
        RecordType::SubscriptionFeature,
        RecordType::SubscriptionSubscriber,
    ],
    &[RecordType::SubscriptionOffering],
    &[RecordType::Subscription],
];

/// How a pass over a file ended without finishing it.
enum Stop {
    /// The function's time is nearly over.
    OutOfTime,
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl<I, R, F, Q> Worker<I, R, F, Q>
where
    I: ImportStore,
    R: RecordStore,
    F: FileStore,
    Q: ImportQueue,
{
    /// Takes the next job of the line, if there is one, and runs it.
    pub(crate) async fn run_next(&self, receipt: &str, deadline: DateTime<Utc>) -> Turn {
        // Should this worker die, its message comes back after this long and not after the queue's own, longer time.
        if let Err(error) = self.queue.hide(receipt, lease_time()).await {
            warn!(%error, "could not shorten the message's time");
        }
        let (import, lease, attempt) = match self.imports.claim_next((self.clock)()).await {
            Ok(Claim::Run { import, lease, attempt }) => (*import, lease, attempt),
            Ok(Claim::Idle) => return Turn::Done,
            Ok(Claim::Busy { until }) => {
                info!("another worker runs a job; the message comes back when its lease is over");
                let wait = (until - (self.clock)()).to_std().unwrap_or_default();
                return Turn::Later(wait.max(Duration::from_secs(1)));
            }
            Err(error) => {
                error!(%error, "could not claim a job");
                return Turn::Later(Duration::from_secs(5));
            }
        };
        info!(import.id = %import.id, store = %import.store, attempt, "import started");
        let progress = Progress::default();
        let run = self.run(&import, &lease, attempt, &progress, deadline);
        tokio::select! {
            turn = run => turn,
            () = beat(&self.imports, &self.queue, receipt, &lease, &progress, self.clock) => {
                warn!(import.id = %import.id, "the lease is lost; whoever has it now goes on");
                Turn::Later(lease_time())
            }
        }
    }

    async fn run(
        &self,
        import: &Import,
        lease: &Lease,
        attempt: u32,
        progress: &Progress,
        deadline: DateTime<Utc>,
    ) -> Turn {
        let passed = if attempt > MAX_ATTEMPTS {
            self.conclude(import, lease, progress, Err(FileFault::GivenUp)).await.map_err(Stop::from)
        } else {
            self.pass(import, lease, progress, deadline).await
        };
        let passed = match passed {
            // A retry would fail alike: the job ends here, and says so.
            Err(Stop::Failed(StoreError::Permanent(reason))) => {
                error!(import.id = %import.id, error = %reason, "the import can't go on");
                self.conclude(import, lease, progress, Err(FileFault::Unable)).await.map_err(Stop::from)
            }
            passed => passed,
        };
        match passed {
            Ok(()) => Turn::Done,
            Err(Stop::OutOfTime) => self.hand_over(lease).await,
            Err(Stop::Failed(error)) => {
                // The lease runs out as the message comes back, and the job is claimed again.
                warn!(import.id = %import.id, %error, "the import stopped; it is tried again");
                Turn::Later(lease_time())
            }
        }
    }

    /// One pass over the file, from its first byte to the terminal status.
    async fn pass(
        &self,
        import: &Import,
        lease: &Lease,
        progress: &Progress,
        deadline: DateTime<Utc>,
    ) -> Result<(), Stop> {
        let file = match self.read_file(import).await? {
            Ok(file) => file,
            Err(fault) => return Ok(self.conclude(import, lease, progress, Err(fault)).await?),
        };
        let mut sheet = match Sheet::read(&file) {
            Ok(sheet) => sheet,
            Err(fault) => return Ok(self.conclude(import, lease, progress, Err(fault)).await?),
        };
        for record_type in sheet.lines().iter().filter_map(|line| line.record_type) {
            progress.uploaded(record_type);
        }
        let copies = Copies::default();
        let mut errors = LineErrors::new();
        // Lines of no known type go first: reading them tells what is wrong with them.
        self.wave(import, &mut sheet, &copies, &[None], progress, &mut errors, deadline).await?;
        for wave in WAVES {
            let types: Vec<_> = wave.iter().copied().map(Some).collect();
            self.wave(import, &mut sheet, &copies, &types, progress, &mut errors, deadline).await?;
        }
        Ok(self.conclude(import, lease, progress, Ok((&sheet, errors))).await?)
    }

    /// Imports all lines of some types, a bounded number of batches at a time.
    #[expect(clippy::too_many_arguments, reason = "the state of a pass, each part borrowed differently")]
    async fn wave(
        &self,
        import: &Import,
        sheet: &mut Sheet<'_>,
        copies: &Copies,
        types: &[Option<RecordType>],
        progress: &Progress,
        errors: &mut LineErrors,
        deadline: DateTime<Utc>,
    ) -> Result<(), Stop> {
        let of_wave = sheet.lines().iter().enumerate().filter(|(_, line)| types.contains(&line.record_type));
        let places: Vec<usize> = of_wave.map(|(place, _)| place).collect();
        let mut settled = Vec::with_capacity(places.len());
        let references = References { import, sheet: &*sheet, records: &self.records, copies };
        let mut batches = stream::iter(places.chunks(BATCH))
            .map(|places| async move {
                // Asked when a batch begins, so that those under way come to their end.
                if deadline - (self.clock)() < HAND_OVER {
                    return Err(Stop::OutOfTime);
                }
                Ok(import_batch(references, places).await?)
            })
            .buffer_unordered(IN_FLIGHT);
        while let Some(batch) = batches.next().await {
            for (place, became) in batch? {
                let record_type = references.sheet.lines().get(place).and_then(|line| line.record_type);
                if let (Ok(()), Some(record_type)) = (&became, record_type) {
                    progress.imported(record_type);
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

    /// Reads and unpacks the import file.
    async fn read_file(&self, import: &Import) -> Outside<Result<Vec<u8>, FileFault>> {
        for round in 1.. {
            let mut unpacker = Unpacker::default();
            match self.files.read(&import.file, |piece| unpacker.take(piece)).await {
                Ok(true) => return Ok(unpacker.finish()),
                Ok(false) => return Ok(Err(FileFault::Missing)),
                Err(StoreError::Transient(reason)) if round < READS => {
                    warn!(import.id = %import.id, %reason, "the file is read again");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Err(FileFault::Missing))
    }

    /// Writes the report, then the terminal status: never the one without the other.
    async fn conclude(
        &self,
        import: &Import,
        lease: &Lease,
        progress: &Progress,
        read: Result<(&Sheet<'_>, LineErrors), FileFault>,
    ) -> Outside<()> {
        let tally = progress.tally();
        let whole = match &read {
            Err(fault) => Some(fault.error()),
            Ok((sheet, _)) => nothing_imported(sheet, tally.imported.total()),
        };
        let ending = if whole.is_none() { Ending::Success } else { Ending::Failed };
        let report = report::write(&self.files, import, lease, whole, read.ok()).await?;
        let errors = report.errors;
        let now = (self.clock)();
        let outcome = Outcome { ending, tally, report, expires_at: now + self.retention };
        self.imports.finish(lease, &outcome, now).await?;
        info!(
            import.id = %import.id,
            store = %import.store,
            import.ending = ?ending,
            records.uploaded = tally.uploaded.total(),
            records.imported = tally.imported.total(),
            errors,
            "import finished"
        );
        Ok(())
    }

    /// Gives the job back in good order, for a worker with more time.
    async fn hand_over(&self, lease: &Lease) -> Turn {
        info!(import.id = %lease.id, "the function's time is nearly over; the import is handed over");
        let tick = Tick::of(&lease.store, lease.id);
        let handed = async {
            self.imports.release(lease, (self.clock)()).await?;
            self.queue.send(&tick, &format!("{}-{}", lease.id, lease.epoch)).await
        };
        match handed.await {
            Ok(()) => Turn::Done,
            Err(error) => {
                warn!(import.id = %lease.id, %error, "could not hand the import over; its lease runs out");
                Turn::Later(lease_time())
            }
        }
    }
}

/// The row that says that a file came to nothing.
fn nothing_imported(sheet: &Sheet<'_>, imported: u32) -> Option<RecordError> {
    if imported > 0 {
        return None;
    }
    let lines = sheet.lines();
    let begins_list = lines.first().is_some_and(|line| line.line.bytes.trim_ascii_start().starts_with(b"["));
    let unknown = lines.iter().all(|line| line.record_type.is_none());
    let document = unknown && (begins_list || lines.len() > 1 && lines.first().is_some_and(|line| line.line.bytes == b"{"));
    Some(FileFault::NothingImported { lines: lines.len(), document }.error())
}
