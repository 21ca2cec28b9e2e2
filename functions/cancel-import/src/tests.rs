use bytes::Bytes;
use imports::{
    import::{Claim, ImportFile, ImportId, NewImport},
    report::Report,
};
use insta::assert_snapshot;
use records::StoreId;
use twins::{Call as Port, Fault, Faults, MemoryFiles, MemoryImports};
use uuid::Uuid;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap()
}

fn store(name: &str) -> StoreId {
    StoreId::from_configuration(name).unwrap()
}

struct World {
    faults: Faults,
    imports: MemoryImports,
    files: MemoryFiles,
}

impl World {
    /// A world in which job 7 waits.
    async fn new() -> Self {
        let faults = Faults::default();
        let (imports, files) = (MemoryImports::new(faults.clone()), MemoryFiles::new(faults.clone()));
        let file = ImportFile { key: "drops/main/7".to_owned(), version: None };
        imports.create(NewImport::new(ImportId::new(Uuid::from_u128(7)), store("main"), file), noon()).await.unwrap();
        Self { faults, imports, files }
    }

    async fn cancel(&self, store_name: &str, id: &str) -> Result<Reply, ApiError> {
        let call = Call {
            store: store(store_name),
            origin: "https://api.example.com".to_owned(),
            path: String::new(),
            id: Some(id.to_owned()),
            query: Vec::new(),
            content_type: None,
            idempotency_key: None,
            body: Bytes::new(),
        };
        let now = || noon() + TimeDelta::seconds(1);
        let telemetry = Telemetry::new("imports".to_owned(), twins::keep_line);
        handle(&self.imports, &self.files, now, TimeDelta::days(90), &telemetry, &call).await
    }

    async fn cancel_seven(&self) -> Result<Reply, ApiError> {
        self.cancel("main", &Uuid::from_u128(7).to_string()).await
    }

    async fn claim(&self) {
        let claim = self.imports.claim_next(noon()).await.unwrap();
        assert!(matches!(claim, Claim::Run { .. }), "{claim:?}");
    }
}

#[tokio::test]
async fn a_pending_job_ends_at_once_with_its_report() {
    let world = World::new().await;
    assert_snapshot!(world.cancel_seven().await.unwrap().body);
    assert_eq!(world.imports.claim_next(noon()).await, Ok(Claim::Idle));
    let prefix = Report::prefix(&store("main"), ImportId::new(Uuid::from_u128(7)), UNCLAIMED);
    for key in [Report::errors_key(&prefix), Report::results_key(&prefix), Report::failed_lines_key(&prefix)] {
        assert_eq!(world.files.content(&key), Some(Bytes::new()), "{key}");
    }
    assert_eq!(world.imports.owed_receipts(9).await.unwrap().len(), 1);
    let metrics = twins::lines();
    assert_eq!(metrics.len(), 1);
    assert!(metrics[0].contains(r#""Outcome":"cancelled""#), "{metrics:?}");
}

#[tokio::test]
async fn a_running_job_is_asked_to_stop() {
    let world = World::new().await;
    world.claim().await;
    assert_snapshot!(world.cancel_seven().await.unwrap().body);
    // Once more does no harm.
    assert_eq!(world.cancel_seven().await.unwrap().status, 200);
    assert_eq!(world.files.keys(), Vec::<String>::new());
    assert_eq!(twins::lines(), Vec::<String>::new(), "its worker tells");
}

#[tokio::test]
async fn a_job_that_has_ended_can_not_be_cancelled() {
    let world = World::new().await;
    world.cancel_seven().await.unwrap();
    let error = world.cancel_seven().await.unwrap_err();
    assert_eq!(error.status(), 409);
    assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"The import has ended already (failed); only a pending or started one can be cancelled."}]}"#);
}

#[tokio::test]
async fn a_job_that_moves_on_is_looked_at_again() {
    let world = World::new().await;
    let moved = || Fault::Before(PortError::Conflict("claimed meanwhile".to_owned()));
    world.faults.plan(Port::CancelPending, moved());
    assert_eq!(world.cancel_seven().await.unwrap().status, 200);

    let world = World::new().await;
    world.faults.draw(move |call| (call == Port::CancelPending).then(moved));
    assert_eq!(world.cancel_seven().await.unwrap_err().status(), 500);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let world = World::new().await;
    let id = Uuid::from_u128(7).to_string();
    for (store, id) in [("other", id.as_str()), ("main", &Uuid::nil().to_string()), ("main", "no uuid")] {
        assert_eq!(world.cancel(store, id).await.unwrap_err(), ApiError::NotFound);
    }
}
