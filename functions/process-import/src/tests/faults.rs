//! Runs during which something goes wrong in a port.

use imports::{
    import::{Claim, ImportStatus},
    ports::PortError,
};

use super::*;

/// The objects, and how the job ended, of a run of `file` during which nothing went wrong.
async fn undisturbed(file: &str) -> (Vec<StoredRecord>, String) {
    let world = World::with(file.to_owned()).await;
    world.run().await;
    (written(&world).await, world.outcome(1).await)
}

/// The objects, all written as of the job's start, with their times put to noon.
async fn written(world: &World) -> Vec<StoredRecord> {
    let started_at = world.import(1).await.started_at.unwrap();
    let at_noon = |record: StoredRecord| {
        assert_eq!((record.created_at, record.updated_at), (started_at, started_at));
        StoredRecord { created_at: noon(), updated_at: noon(), ..record }
    };
    let records = world.worker.records.all().into_iter();
    records.filter(|record| record.import_id == id(1)).map(at_noon).collect()
}

/// A file with everything in it: what is found, what is blocked, what repeats.
fn mixed() -> String {
    let bad = product("mug").replace("Tea mug", "T");
    let whole = [
        subscription("ada", "box", "monthly"),
        offering("box", "tea", "monthly"),
        offering("set", "mug", "monthly"),
        product("tea"),
        bad,
        plan("monthly"),
        plan("monthly"),
        "{\"type\":\"subscription_product\",\"name\":\"Unnamed\"}\n".to_owned(),
    ];
    whole.concat() + &products(210)
}

/// Plans a fault; the run must come to the same end as without it.
async fn check_recovers(call: Call, fault: Fault) {
    let file = mixed();
    let expected = undisturbed(&file).await;
    let world = World::with(file).await;
    world.faults.plan(call, fault.clone());
    world.run().await;
    assert_eq!(world.outcome(1).await, expected.1, "{call:?} {fault:?}");
    assert!(written(&world).await == expected.0, "{call:?} {fault:?}");
}

#[tokio::test(start_paused = true)]
async fn a_job_run_again_after_a_failure_writes_the_same() {
    let lost = || Fault::After(PortError::Transient("the answer is lost".to_owned()));
    let calls = [
        Call::ClaimNext,
        Call::Read,
        Call::ReadBatch,
        Call::ReadMarks,
        Call::WriteBatch,
        Call::Write,
        Call::FinishFile,
        Call::Finish,
        Call::RecordProgress,
        Call::Hide,
    ];
    for call in calls {
        check_recovers(call, Fault::transient()).await;
        check_recovers(call, lost()).await;
        check_recovers(call, Fault::Slow(Duration::from_secs(30))).await;
        check_recovers(call, Fault::Late(Duration::from_secs(30))).await;
    }
}

/// Handles the next message, but dies after so long.
async fn die(world: &World, after: TimeDelta) {
    let died = tokio::time::timeout(after.to_std().unwrap(), world.turn()).await;
    assert!(died.is_err(), "ended before: {died:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_worker_holds_the_line_for_a_minute() {
    let file = mixed();
    let expected = undisturbed(&file).await;
    let world = World::with(file).await;
    world.submit(2, product("later")).await;
    world.faults.plan(Call::FinishFile, Fault::Slow(Duration::from_hours(1)));
    die(&world, TimeDelta::seconds(1)).await;
    assert_eq!(world.turn().await, None);
    pass(LEASE - TimeDelta::seconds(2)).await;
    assert_eq!(world.turn().await, None);
    pass(TimeDelta::seconds(2)).await;
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.outcome(1).await, expected.1);
    assert!(written(&world).await == expected.0);
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.import(2).await.status, ImportStatus::Success);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_kills_three_workers_is_given_up() {
    let world = World::with(products(3)).await;
    world.submit(2, product("later")).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_hours(1))));
    for _ in 0..3 {
        assert_eq!(world.import(1).await.report, None);
        die(&world, TimeDelta::seconds(3)).await;
        pass(LEASE).await;
    }
    // Its fourth claim writes nothing.
    assert_eq!(world.turn().await, Some(true));
    world.faults.clear();
    assert_eq!(world.outcome(1).await, "failed, 0 of 3\n0: given_up \n1: given_up \n2: given_up \n3: given_up \n");
    world.run().await;
    assert_eq!(world.outcome(2).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_kills_workers_once_all_is_imported_ends_as_it_is() {
    let world = World::with(products(3)).await;
    world.faults.draw(|call| (call == Call::FinishFile).then_some(Fault::Slow(Duration::from_hours(1))));
    for _ in 0..3 {
        die(&world, TimeDelta::seconds(3)).await;
        pass(LEASE).await;
    }
    world.faults.clear();
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.outcome(1).await, "success, 3 of 3\n");
}

#[tokio::test(start_paused = true)]
async fn what_no_retry_can_mend_ends_the_job_and_not_the_lane() {
    for call in [Call::Read, Call::ReadMarks, Call::WriteBatch] {
        let world = World::with(products(3)).await;
        world.submit(2, product("later")).await;
        world.faults.plan(call, Fault::permanent());
        assert_eq!(world.turn().await, Some(true));
        let outcome = world.outcome(1).await;
        assert_eq!(outcome, "failed, 0 of 3\n0: given_up \n1: given_up \n2: given_up \n3: given_up \n", "{call:?}");
        assert_eq!(world.turn().await, Some(true));
        assert_eq!(world.outcome(2).await, "success, 1 of 1\n");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_gets_no_further_in_the_time_there_is_does_not_hold_the_line_for_ever() {
    for dry_run in [false, true] {
        let world = World::new();
        world.submit_with(1, mixed(), ImportOptions { dry_run, ..ImportOptions::default() }).await;
        world.submit(2, product("later")).await;
        for _ in 0..3 {
            assert_eq!(world.turn_with(TimeDelta::seconds(29)).await, Some(false));
            assert_eq!(world.import(1).await.status, ImportStatus::Started);
            pass(LEASE).await;
        }
        world.run().await;
        let lines = mixed().lines().count();
        let outcome = world.outcome(1).await;
        assert!(outcome.starts_with(&format!("failed, 0 of {lines}\n0: given_up \n1: given_up \n")), "{outcome}");
        assert_eq!(outcome.lines().count(), lines + 2);
        assert_eq!(world.outcome(2).await, "success, 1 of 1\n");
    }
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_out_midway_is_noticed_between_batches() {
    let world = World::with(products(6_000)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(10))));
    assert_eq!(world.turn_with(TimeDelta::seconds(45)).await, Some(true));
    assert_eq!(world.import(1).await.status, ImportStatus::Started);
    let written = world.worker.records.all().len();
    assert!((1..6_000).contains(&written), "{written}");
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 6000 of 6000\n");
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_keeps_lease_and_message() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_mins(10)));
    let watch = async {
        for _ in 0..59 {
            pass(TimeDelta::seconds(10)).await;
            assert_eq!(world.worker.queue.receive(twins::now()), None);
            let claim = world.worker.imports.claim_next(twins::now()).await.unwrap();
            assert!(matches!(claim, Claim::Busy { .. }), "{claim:?}");
        }
        assert_eq!(world.outcome(1).await, "started, 0 of 1\n");
    };
    let (turn, ()) = tokio::join!(world.turn_with(TimeDelta::minutes(15)), watch);
    assert_eq!(turn, Some(true));
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_lease_another_took_stops() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_mins(10)));
    let other = async {
        pass(TimeDelta::seconds(1)).await;
        world.worker.imports.claim_next(twins::now() + LEASE).await.unwrap()
    };
    let (turn, claim) = tokio::join!(world.turn(), other);
    assert!(matches!(&claim, Claim::Run { lease, .. } if lease.attempt == 2), "{claim:?}");
    assert_eq!(turn, Some(false));
    assert!(twins::now() - noon() < TimeDelta::seconds(20));
    assert_eq!(world.objects(), Vec::<String>::new());
    assert_eq!(world.import(1).await.status, ImportStatus::Started);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_can_not_renew_its_lease_stops_before_it_lapses() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_mins(10)));
    world.faults.draw(|call| (call == Call::ExtendLease).then(Fault::transient));
    assert_eq!(world.turn().await, Some(false));
    assert!(twins::now() - noon() < LEASE);
    world.faults.clear();
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_finds_the_line_taken_comes_back_when_it_is_free() {
    let world = World::with(products(1)).await;
    let Claim::Run { lease, .. } = world.worker.imports.claim_next(twins::now()).await.unwrap() else { panic!() };
    pass(TimeDelta::seconds(20)).await;
    assert_eq!(world.turn().await, Some(false));
    pass(TimeDelta::seconds(39)).await;
    assert_eq!(world.turn().await, None);
    assert_eq!(world.import(1).await.status, ImportStatus::Started);
    pass(TimeDelta::seconds(2)).await;
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
    assert!(world.worker.imports.extend_lease(&lease, twins::now()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_job_is_finished_even_while_the_heart_beats() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::Finish, Fault::Late(Duration::from_secs(15)));
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_job_is_handed_over_even_while_the_heart_beats() {
    let world = World::with(products(6_000)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(10))));
    world.faults.plan(Call::Release, Fault::Late(Duration::from_secs(5)));
    assert_eq!(world.turn_with(TimeDelta::seconds(45)).await, Some(true));
    assert_eq!(world.faults.calls(Call::Release), 1);
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 6000 of 6000\n");
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_end_hangs_is_handed_over_before_the_function_is_stopped() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_mins(1)));
    world.faults.plan(Call::FinishFile, Fault::Slow(Duration::from_mins(2)));
    assert_eq!(world.turn().await, Some(true));
    assert!(twins::now() - noon() < WORKER_TIMEOUT);
    world.run().await;
    assert_eq!((world.outcome(1).await, world.attempts()), ("success, 1 of 1\n".to_owned(), 1));
}

/// A claim whose answer is lost is nobody's attempt; one that began and whose worker lost the database is given back by the
/// same worker later.
#[tokio::test(start_paused = true)]
async fn attempts_that_the_database_spoilt_do_not_count() {
    for (call, done) in [(Call::ClaimNext, true), (Call::Begin, true), (Call::Begin, false), (Call::Release, false)] {
        let world = World::with(products(1)).await;
        for _ in 0..5 {
            world.faults.plan(call, Fault::TimeOut { after: Duration::from_secs(12), done });
            world.faults.plan(Call::Read, Fault::refused());
        }
        world.run().await;
        assert_eq!((world.outcome(1).await, world.attempts()), ("success, 1 of 1\n".to_owned(), 1), "{call:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_alone_can_not_be_read_fails_its_job_alone() {
    let world = World::with(products(1)).await;
    world.drop_file(2, "locked", product("tea")).await;
    world.submit(3, product("later")).await;
    let locked = world.import(2).await.file;
    world.worker.files.lock_away(&locked);
    world.run().await;
    assert_eq!(world.outcome(2).await, "failed, 0 of 0\n0: file_unreadable \n");
    assert_eq!([world.outcome(1).await, world.outcome(3).await], ["success, 1 of 1\n"; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_message_of_another_hand_is_a_tick_all_the_same() {
    let world = World::with(products(1)).await;
    let message = world.worker.queue.receive(twins::now()).unwrap();
    let mut event = event(&message);
    event.records[0].body = Some("nonsense".to_owned());
    let response = world.worker.handle(event, twins::now() + WORKER_TIMEOUT).await.unwrap();
    assert!(response.batch_item_failures.is_empty());
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_could_not_be_given_back_fails_the_event_untouched() {
    let world = World::with(products(1)).await;
    let whole = event(&world.worker.queue.receive(twins::now()).unwrap());
    let (mut no_id, mut no_receipt) = (whole.clone(), whole);
    no_id.records[0].message_id = None;
    no_receipt.records[0].receipt_handle = None;
    for event in [no_id, no_receipt] {
        world.worker.handle(event, twins::now() + WORKER_TIMEOUT).await.unwrap_err();
    }
    assert_eq!(world.outcome(1).await, "pending, 0 of 0\n");
}
