//! Jobs that the service ends before every line had its turn: each line is imported or explained all the same.

use imports::import::{ImportStatus, MAX_ATTEMPTS};
use records::RecordErrorCode;

use super::{cancelled::check_accounts, *};

/// Lets workers die over job 1 until the next claim is one too many.
async fn kill_workers(world: &World, after: Duration) {
    for _ in 0..MAX_ATTEMPTS {
        let died = tokio::time::timeout(after, world.turn()).await;
        assert!(died.is_err(), "it ended before");
        pass(LEASE).await;
    }
}

/// Posts the lines again that were left: with what was stored before they make the import whole, and nothing is doubled.
async fn check_mended(world: &World, lines: usize, imported: usize) {
    world.faults.clear();
    world.submit(3, world.failed_lines(1).await).await;
    world.run().await;
    assert_eq!(world.outcome(3).await, format!("success, {0} of {0}\n", lines - imported));
    let records = world.worker.records.all();
    let records = records.iter().filter(|record| record.import_id != id(2));
    let mut names: Vec<String> = records.map(|record| record.attributes.get("name").unwrap().to_string()).collect();
    names.sort_unstable();
    assert_eq!(names.len(), lines);
    names.dedup();
    assert_eq!(names.len(), lines, "objects are there twice");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_given_up_tells_every_line() {
    for file in [unnamed(9_000), products(9_000)] {
        let world = World::with(file).await;
        world.submit(2, product("later")).await;
        world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Late(Duration::from_secs(1))));
        kill_workers(&world, Duration::from_millis(2_500)).await;
        assert_eq!(world.turn().await, Some(true));
        let imported = check_accounts(&world, 9_000, RecordErrorCode::GivenUp).await;
        assert!((1_000..9_000).contains(&imported), "{imported}");
        world.run().await;
        assert_eq!(world.outcome(2).await, "success, 1 of 1\n");
        check_mended(&world, 9_000, imported).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_objects_are_refused_for_good_midway_tells_every_line() {
    let world = World::with(unnamed(8_000)).await;
    let mut calls = 0;
    world.faults.draw(move |call| {
        calls += usize::from(call == Call::WriteBatch);
        let is_denied = calls > 100;
        (call == Call::WriteBatch)
            .then(|| if is_denied { Fault::permanent() } else { Fault::Slow(Duration::from_secs(1)) })
    });
    assert_eq!(world.turn().await, Some(true));
    let imported = check_accounts(&world, 8_000, RecordErrorCode::GivenUp).await;
    assert!((1_000..8_000).contains(&imported), "{imported}");
    check_mended(&world, 8_000, imported).await;
}

/// Runs job 1 to its end, of which nothing but its failure is reported.
async fn check_end_without_lines(world: &World) {
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.outcome(1).await, "failed, 0 of 3\n0: given_up \n");
    assert_eq!(world.results(1).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_objects_can_not_even_be_read_ends_without_its_lines() {
    let world = World::with(products(3)).await;
    world.faults.draw(|call| (call == Call::ReadMarks).then(Fault::permanent));
    check_end_without_lines(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_kills_the_worker_that_tells_its_lines_ends_without_them() {
    let world = World::with(products(3)).await;
    world.faults.draw(|call| (call == Call::ReadMarks).then_some(Fault::Slow(Duration::from_hours(1))));
    kill_workers(&world, Duration::from_secs(3)).await;
    let died = tokio::time::timeout(Duration::from_secs(3), world.turn()).await;
    assert!(died.is_err());
    pass(LEASE).await;
    check_end_without_lines(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_given_up_with_too_little_time_to_tell_its_lines_ends_without_them() {
    let world = World::with(products(3)).await;
    for _ in 0..=MAX_ATTEMPTS {
        assert_eq!(world.turn_with(TimeDelta::seconds(29)).await, Some(false));
        pass(LEASE).await;
    }
    assert_eq!(world.turn_with(TimeDelta::seconds(29)).await, Some(true));
    assert_eq!(world.import(1).await.status, ImportStatus::Failed);
    assert_eq!(world.results(1).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_that_is_given_up_has_imported_nothing() {
    let world = World::new();
    world.submit_with(1, products(250), ImportOptions { dry_run: true, ..ImportOptions::default() }).await;
    world.faults.draw(|call| (call == Call::FinishFile).then_some(Fault::Slow(Duration::from_hours(1))));
    kill_workers(&world, Duration::from_secs(3)).await;
    world.faults.clear();
    world.run().await;
    assert_eq!(check_accounts(&world, 250, RecordErrorCode::GivenUp).await, 0);
}

/// Runs job 1 over `file` with this policy until the workers are one too few, or somebody cancels it in its second claim.
async fn cut_short(file: String, on_conflict: OnConflict, is_cancelled: bool) -> World {
    let world = World::new();
    world.submit(2, products(1_000)).await;
    world.run().await;
    world.submit_with(1, file, ImportOptions { on_conflict, ..ImportOptions::default() }).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Late(Duration::from_secs(1))));
    if is_cancelled {
        assert!(tokio::time::timeout(Duration::from_millis(1_500), world.turn()).await.is_err());
        world.worker.imports.request_cancel(&store(), id(1), twins::now()).await.unwrap();
        pass(LEASE).await;
    } else {
        kill_workers(&world, Duration::from_millis(1_500)).await;
    }
    world.faults.clear();
    world.run().await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_was_written_before_the_end_has_its_warnings_all_the_same() {
    for is_cancelled in [true, false] {
        let file = products(12_000).replace("\"name\"", "\"Sku\":\"x\",\"name\"");
        let world = cut_short(file, OnConflict::Update, is_cancelled).await;
        let tally = world.import(1).await.tally;
        assert!((1_000..12_000).contains(&tally.warnings), "{tally:?}");
        assert_eq!(u64::from(tally.warnings), u64::from(tally.imported.total()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_skipped_is_skipped_however_the_job_ends() {
    for is_cancelled in [true, false] {
        let bad = product("5").replace("Tea 5", "T");
        let file = products(12_000).replace(&product("5"), &bad);
        let world = cut_short(file, OnConflict::Skip, is_cancelled).await;
        let written: Vec<u64> = world
            .worker
            .records
            .all()
            .iter()
            .filter(|record| record.import_id == id(1))
            .map(|record| record.line.into())
            .collect();
        for (line, action) in world.results(1).await {
            let expected = match line {
                6 => "failed",
                ..=1_000 => "skipped",
                _ if written.contains(&line) => "created",
                _ => "failed",
            };
            assert_eq!(action, expected, "{line}");
        }
        let outcome = world.outcome(1).await;
        assert!(outcome.contains("\n6: wrong_length name\n"), "{}", &outcome[..200]);
        assert_eq!(world.import(1).await.status, ImportStatus::Failed);
        assert_eq!(usize::try_from(world.import(1).await.tally.imported.total()), Ok(written.len() + 999));
    }
}
