use imports::{
    import::{Claim, Ending, ImportFile, ImportId, NewImport, Outcome},
    report::Report,
};
use records::StoreId;
use twins::{Call as Port, Fault, Faults, MemoryFiles, MemoryImports, MemoryQueue};
use uuid::Uuid;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap()
}

const RETENTION: TimeDelta = TimeDelta::days(30);

struct World {
    faults: Faults,
    files: MemoryFiles,
    imports: MemoryImports,
    queue: MemoryQueue,
}

impl World {
    /// Jobs of these ages in seconds, oldest first, numbered from 0.
    async fn new(ages: &[i64]) -> Self {
        let faults = Faults::default();
        let imports = MemoryImports::new(faults.clone());
        for (number, age) in ages.iter().enumerate() {
            let new = NewImport::new(
                id(number),
                StoreId::from_configuration("main").unwrap(),
                ImportFile { key: format!("drops/main/{number}"), version: None },
            );
            imports.create(new, noon() - TimeDelta::seconds(*age)).await.unwrap();
        }
        Self { files: MemoryFiles::new(faults.clone()), imports, queue: MemoryQueue::new(noon, faults.clone()), faults }
    }

    async fn send(&self, number: usize) {
        let tick = Tick::of(&StoreId::from_configuration("main").unwrap(), id(number));
        self.queue.send(&tick, &number.to_string()).await.unwrap();
    }

    /// Resumes, so many seconds after noon.
    async fn resume(&self, seconds: i64) -> Result<(), Error> {
        handle(&self.files, &self.imports, &self.queue, || noon() + TimeDelta::seconds(seconds), RETENTION).await
    }

    /// Resumes, and compares the jobs that have a message of the common line then.
    async fn check(&self, seconds: i64, expected: &[usize]) {
        self.resume(seconds).await.unwrap();
        let ticks: Vec<ImportId> = self.queue.ticks().into_iter().map(|tick| tick.import_id).collect();
        assert_eq!(ticks, expected.iter().copied().map(id).collect::<Vec<_>>());
    }
}

fn id(number: usize) -> ImportId {
    ImportId::new(Uuid::from_u128(u128::try_from(number).unwrap()))
}

#[tokio::test]
async fn a_job_without_a_message_gets_one() {
    World::new(&[90]).await.check(0, &[0]).await;
    World::new(&[90, 60, 30]).await.check(0, &[0, 1, 2]).await;
}

#[tokio::test]
async fn a_young_job_is_left_to_its_own_message() {
    let world = World::new(&[31, 30, 29, 0]).await;
    world.check(0, &[0, 1]).await;
    assert_eq!(world.faults.calls(Port::Depth), 1);
}

#[tokio::test]
async fn nothing_is_sent_while_there_are_as_many_messages_as_jobs() {
    let world = World::new(&[90, 60]).await;
    world.send(0).await;
    world.send(1).await;
    world.check(0, &[0, 1]).await;
    // A message that is being handled counts.
    assert!(world.queue.receive(noon()).is_some());
    world.check(0, &[0, 1]).await;
}

#[tokio::test]
async fn only_as_many_as_are_missing_are_sent() {
    let world = World::new(&[90, 60, 50]).await;
    world.send(2).await;
    world.check(0, &[2, 0, 1]).await;
}

#[tokio::test]
async fn a_job_may_get_a_message_every_minute() {
    let world = World::new(&[90]).await;
    for minute in [0, 1, 2] {
        world.check(60 * minute, &[0]).await;
        let message = world.queue.receive(noon()).unwrap();
        world.queue.delete(&message.receipt_handle);
    }
}

#[tokio::test]
async fn without_jobs_the_queue_is_not_asked() {
    let world = World::new(&[]).await;
    world.check(0, &[]).await;
    assert_eq!(world.faults.calls(Port::Depth), 0);
}

/// Runs the next job to its end, after which it owes a receipt.
async fn finish_next(world: &World) {
    let Claim::Run { lease, import, .. } = world.imports.claim_next(noon()).await.unwrap() else { panic!("nothing") };
    let report = Report { prefix: String::new(), failure: None, errors: 0, blocked: 0 };
    let (tally, expires_at) = (import.tally, noon() + TimeDelta::days(90));
    let outcome = Outcome { ending: Ending::Success, tally, report, expires_at, owes_receipt: true };
    world.imports.finish(&lease, &outcome, noon()).await.unwrap();
}

/// The names of the receipts written.
fn receipts(world: &World) -> Vec<String> {
    world.files.keys().into_iter().filter(|key| key.starts_with("receipts/")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_left_owed_is_written_whatever_the_queue_does() {
    let world = World::new(&[90, 60]).await;
    finish_next(&world).await;
    // Its own worker may still be about to.
    world.check(29, &[1]).await;
    assert_eq!(receipts(&world), Vec::<String>::new());
    world.faults.plan(Port::PutOver, Fault::transient());
    world.check(60, &[1]).await;
    assert_eq!(receipts(&world), Vec::<String>::new());
    world.faults.plan(Port::Depth, Fault::transient());
    assert!(world.resume(120).await.is_err());
    assert_eq!(receipts(&world), ["receipts/main/0.json"]);
    assert_eq!(world.imports.owed_receipts(9).await, Ok(vec![]));
}

#[tokio::test]
async fn a_queue_that_fails_fails_the_run() {
    let world = World::new(&[90]).await;
    world.faults.plan(Port::Send, Fault::transient());
    assert!(world.resume(0).await.is_err());
    world.check(60, &[0]).await;
}

#[tokio::test]
async fn jobs_that_ended_before_the_retention_are_forgotten_for_good() {
    let world = World::new(&[90, 60]).await;
    // By itself it is kept for ninety days, as the retention was.
    finish_next(&world).await;
    let is_found = async |number, now| {
        world.imports.get(&StoreId::from_configuration("main").unwrap(), id(number), now).await.unwrap().is_some()
    };
    let month = RETENTION.num_seconds();
    world.resume(month - 1).await.unwrap();
    assert!(is_found(0, noon()).await);
    // Even while the queue can't be reached.
    world.faults.plan(Port::Depth, Fault::transient());
    assert!(world.resume(month).await.is_err());
    assert!(!is_found(0, noon()).await);
    // An older run that comes late changes nothing; one that has not ended is never forgotten.
    world.resume(0).await.unwrap();
    assert!(!is_found(0, noon()).await);
    assert!(is_found(1, noon() + RETENTION * 9).await);
}

#[tokio::test]
async fn a_table_that_fails_fails_the_run_after_the_jobs_have_their_messages() {
    let world = World::new(&[90]).await;
    world.faults.plan(Port::Forget, Fault::transient());
    assert!(world.resume(0).await.is_err());
    world.check(0, &[0]).await;
    assert_eq!(world.faults.calls(Port::Send), 1);
}
