use bytes::Bytes;
use chrono::TimeDelta;
use imports::{
    import::{Claim, Ending, ImportFile, NewImport, Outcome, Tally},
    report::ReportWriter,
};
use insta::assert_snapshot;
use records::StoreId;
use twins::{MemoryFiles, MemoryImports};
use uuid::Uuid;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap()
}

fn store(name: &str) -> StoreId {
    StoreId::from_configuration(name).unwrap()
}

struct World {
    imports: MemoryImports,
    files: MemoryFiles,
}

impl World {
    /// A world in which job 7 waits.
    async fn new() -> Self {
        let imports = MemoryImports::default();
        let file = ImportFile { key: "7".to_owned(), version: None };
        imports.create(NewImport::new(ImportId::new(Uuid::from_u128(7)), store("main"), file), noon()).await.unwrap();
        Self { imports, files: MemoryFiles::default() }
    }

    async fn finish(&self) {
        let Claim::Run { import, lease, .. } = self.imports.claim_next(noon()).await.unwrap() else { panic!("none") };
        let report = ReportWriter::begin(&self.files, &import, lease.epoch).finish(None).await.unwrap();
        let (tally, expires_at) = (Tally::default(), noon() + TimeDelta::days(90));
        let outcome = Outcome { ending: Ending::Success, tally, report, expires_at, owes_receipt: false };
        self.imports.finish(&lease, &outcome, noon()).await.unwrap();
    }

    async fn get(&self, store_name: &str, id: &str, file: &str) -> Result<Reply, ApiError> {
        let call = Call {
            store: store(store_name),
            origin: "https://api.example.com".to_owned(),
            path: format!("/v2/subscriptions/imports/{id}/{file}"),
            id: Some(id.to_owned()),
            query: Vec::new(),
            content_type: None,
            idempotency_key: None,
            body: Bytes::new(),
        };
        handle(&self.imports, &self.files, noon(), &call).await
    }
}

const SEVEN: &str = "00000000-0000-0000-0000-000000000007";

#[tokio::test]
async fn an_ended_job_leads_to_its_files() {
    let world = World::new().await;
    world.finish().await;
    for (file, key) in [("results", "results.jsonl"), ("failed-lines", "failed-lines.jsonl")] {
        let reply = world.get("main", SEVEN, file).await.unwrap();
        let link = format!("memory://files/reports/main/{SEVEN}/1/{key}?as={SEVEN}-{key}&for=900s");
        assert_eq!((reply.status, reply.location.as_deref()), (307, Some(link.as_str())));
        assert_eq!(reply.body, format!("{{\"links\":{{\"download\":\"{link}\"}}}}"));
    }
}

#[tokio::test]
async fn a_job_that_has_not_ended_has_no_files_yet() {
    let world = World::new().await;
    let pending = world.get("main", SEVEN, "results").await.unwrap_err();
    assert_snapshot!(pending.reply("request-1").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"The import has not ended yet (pending); its results and failed lines are there once it has."}]}"#);
    world.imports.claim_next(noon()).await.unwrap();
    assert_eq!(world.get("main", SEVEN, "failed-lines").await.unwrap_err().status(), 409);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let world = World::new().await;
    world.finish().await;
    for (store, id) in [("other", SEVEN), ("main", &Uuid::nil().to_string()), ("main", "no uuid")] {
        assert_eq!(world.get(store, id, "results").await.unwrap_err(), ApiError::NotFound);
    }
}
