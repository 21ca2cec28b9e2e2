//! Jobs that somebody asks to stop.

use imports::import::ImportStatus;
use records::RecordErrorCode;

use super::*;

/// Asks that job 1 be stopped after so long.
async fn cancel_after(world: &World, time: TimeDelta) {
    pass(time).await;
    world.worker.imports.request_cancel(&store(), id(1), twins::now()).await.unwrap();
}

/// Checks that each of `lines` lines of job 1 is reported once: as an object that is there, or as one that was not reached. Tells
/// how many objects there are.
pub(super) async fn check_accounts(world: &World, lines: usize, code: RecordErrorCode) -> usize {
    let results = world.results(1).await;
    assert!(results.iter().map(|(line, _)| *line).eq(1..=u64::try_from(lines).unwrap()));
    let created: Vec<u64> = results.iter().filter(|(_, action)| action == "created").map(|(line, _)| *line).collect();
    let records = world.worker.records.all();
    let own = records.iter().filter(|record| record.import_id == id(1));
    let mut stored: Vec<u64> = own.map(|record| record.line.into()).collect();
    stored.sort_unstable();
    assert_eq!(created, stored, "what was written is reported, and nothing else");
    let job = world.import(1).await;
    assert_eq!(job.status, ImportStatus::Failed);
    assert_eq!(usize::try_from(job.tally.imported.total()), Ok(created.len()));
    let report = job.report.unwrap();
    assert_eq!(report.failure.map(|failure| failure.code), Some(code));
    assert_eq!(usize::try_from(report.errors), Ok(lines - created.len() + 1));
    created.len()
}

#[tokio::test(start_paused = true)]
async fn a_running_job_stops_within_seconds_and_the_next_one_starts() {
    let world = World::with(products(8_000)).await;
    world.submit(2, product("later")).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(1))));
    let (turn, ()) = tokio::join!(world.turn(), cancel_after(&world, TimeDelta::milliseconds(2_500)));
    assert_eq!(turn, Some(true));
    // Asked after 2.5 s, heard of at 4 s, and the writes of the batches then under way take another three rounds.
    assert!(twins::now() - noon() < TimeDelta::seconds(9), "{}", twins::now() - noon());
    let created = check_accounts(&world, 8_000, RecordErrorCode::Cancelled).await;
    assert!((1_000..8_000).contains(&created), "{created}");
    // Posted again, the lines that are left make the import whole.
    world.submit(3, world.failed_lines(1).await).await;
    world.faults.clear();
    world.run().await;
    assert_eq!(world.import(2).await.status, ImportStatus::Success);
    assert_eq!(world.outcome(3).await, format!("success, {0} of {0}\n", 8_000 - created));
}

/// Lets the worker of job 1 die in the midst of its writes, and another find the job cancelled.
async fn cancel_after_a_death(world: &World) {
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Late(Duration::from_secs(1))));
    let died = tokio::time::timeout(Duration::from_millis(2_500), world.turn()).await;
    assert!(died.is_err());
    world.worker.imports.request_cancel(&store(), id(1), twins::now()).await.unwrap();
    world.faults.clear();
    pass(LEASE).await;
    world.run().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_worker_wrote_of_a_cancelled_job_is_reported() {
    let world = World::with(products(3_000)).await;
    cancel_after_a_death(&world).await;
    assert!(check_accounts(&world, 3_000, RecordErrorCode::Cancelled).await > 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_update_tells_what_it_replaced() {
    let world = World::new();
    world.submit(2, products(1_000)).await;
    world.run().await;
    pass(TimeDelta::hours(1)).await;
    let options = ImportOptions { on_conflict: OnConflict::Update, ..ImportOptions::default() };
    world.submit_with(1, products(3_000), options).await;
    cancel_after_a_death(&world).await;
    let (results, records) = (world.results(1).await, world.worker.records.all());
    assert!(results.iter().any(|(_, action)| action == "updated"));
    for (line, action) in results {
        let record = records.iter().find(|record| u64::from(record.line) == line);
        let written = record.is_some_and(|record| record.import_id == id(1));
        let expected = match (written, line <= 1_000) {
            (true, true) => "updated",
            (true, false) => "created",
            (false, _) => "failed",
        };
        assert_eq!(action, expected, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_whose_lines_were_all_tried_ends_as_it_is() {
    let world = World::with(products(3)).await;
    world.faults.plan(Call::FinishFile, Fault::Slow(Duration::from_secs(10)));
    tokio::join!(world.turn(), cancel_after(&world, TimeDelta::seconds(5)));
    assert_eq!(world.outcome(1).await, "success, 3 of 3\n");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_whose_lines_fail_for_reasons_of_their_own_ends_as_it_is() {
    let world = World::with(product("tea")).await;
    world.run().await;
    let skip = ImportOptions { on_conflict: OnConflict::Skip, ..ImportOptions::default() };
    world.submit_with(2, product("tea").replace("Tea tea", "T"), skip).await;
    world.faults.plan(Call::FinishFile, Fault::Slow(Duration::from_hours(1)));
    assert!(tokio::time::timeout(Duration::from_secs(1), world.turn()).await.is_err());
    world.worker.imports.request_cancel(&store(), id(2), twins::now()).await.unwrap();
    pass(LEASE).await;
    world.run().await;
    assert_eq!(world.outcome(2).await, "failed, 0 of 1\n0: nothing_imported \n1: wrong_length name\n");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_dry_run_has_written_nothing_either() {
    let world = World::new();
    world.submit_with(1, products(20_000), ImportOptions { dry_run: true, ..ImportOptions::default() }).await;
    world.faults.draw(|call| (call == Call::ReadMarks).then_some(Fault::Slow(Duration::from_secs(1))));
    tokio::join!(world.turn(), cancel_after(&world, TimeDelta::seconds(1)));
    assert_eq!(world.objects(), Vec::<String>::new());
    assert_eq!(world.results(1).await.len(), 20_000);
    assert_eq!(world.import(1).await.status, ImportStatus::Failed);
}
