use bytes::Bytes;
use chrono::TimeDelta;
use imports::{
    import::{Claim, Ending, ImportFile, ImportId, Lease, NewImport, Outcome, Tally},
    report::{ReportLine, ReportWriter},
};
use insta::assert_snapshot;
use records::{RecordError, RecordErrorCode, StoreId};
use twins::{MemoryFiles, MemoryImports};
use uuid::Uuid;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap()
}

fn call(store: &str, id: &str, offset: &str, limit: &str) -> Call {
    let query = [("page[offset]", offset), ("page[limit]", limit)];
    Call {
        store: StoreId::from_configuration(store).unwrap(),
        origin: "https://api.example.com".to_owned(),
        path: String::new(),
        id: Some(id.to_owned()),
        query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        content_type: None,
        idempotency_key: None,
        body: Bytes::new(),
    }
}

struct World {
    imports: MemoryImports,
    files: MemoryFiles,
    import: Import,
    lease: Lease,
}

impl World {
    /// A world with one job, which runs.
    async fn new() -> Self {
        let imports = MemoryImports::default();
        let new = NewImport::new(
            ImportId::new(Uuid::from_u128(7)),
            StoreId::from_configuration("main").unwrap(),
            ImportFile { key: "7".to_owned(), version: None },
        );
        imports.create(new, noon()).await.unwrap();
        let Claim::Run { import, lease, .. } = imports.claim_next(noon()).await.unwrap() else { panic!("nothing") };
        Self { imports, files: MemoryFiles::default(), import: *import, lease }
    }

    /// Ends the job with so many errors: of lines 10, 20, 30 and so on. Perhaps it failed as a whole, too.
    async fn finish(&self, errors: u32, failure: Option<RecordError>) {
        let mut report = ReportWriter::begin(&self.files, &self.import, self.lease.epoch);
        for row in 0..errors {
            let error = RecordError {
                blocked_by: (row == 1).then_some(1),
                ..RecordError::new(RecordErrorCode::WrongLength, "data.attributes.name", "must be 3 to 1024 characters")
            };
            let line = ReportLine {
                number: (row + 1) * 10,
                raw: b"{}",
                record_type: None,
                external_ref: Some("tea"),
                outcome: &Err(vec![error]),
            };
            report.add(&line).await.unwrap();
        }
        let report = report.finish(failure).await.unwrap();
        let expires_at = noon() + TimeDelta::days(90);
        let tally = Tally::default();
        let outcome = Outcome { ending: Ending::Failed, tally, report, expires_at, owes_receipt: false };
        self.imports.finish(&self.lease, &outcome, noon()).await.unwrap();
    }

    async fn errors(&self, offset: &str, limit: &str) -> Result<Reply, ApiError> {
        let call = call("main", &self.import.id.to_string(), offset, limit);
        handle(&self.imports, &self.files, noon(), &call).await
    }
}

/// The numbers of the lines that a reply tells of.
fn lines(reply: &Reply) -> Vec<u64> {
    let document: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    let rows = document["data"].as_array().unwrap();
    rows.iter().map(|row| row["meta"]["line_number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_page_of_rows_is_shown() {
    let world = World::new().await;
    world.finish(3, None).await;
    assert_snapshot!(world.errors("1", "1").await.unwrap().body, @r#"{"data":[{"id":"66008acd-3bd1-52af-8122-867acb1fdf87","type":"subscription_import_error","meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.000000Z","updated_at":"2026-05-29T12:00:00.000000Z"},"line_number":20,"field":"data.attributes.name","error":"data.attributes.name: must be 3 to 1024 characters","external_ref":"tea","code":"wrong_length","blocked_by":1}}],"links":{"current":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=1&page%5Blimit%5D=1","first":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=1","last":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=2&page%5Blimit%5D=1","prev":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=1","next":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=2&page%5Blimit%5D=1"},"meta":{"page":{"limit":1,"offset":1,"current":2,"total":3},"results":{"total":3}}}"#);
}

#[tokio::test]
async fn every_page_holds_its_rows() {
    for failure in [None, Some(RecordError::new(RecordErrorCode::NothingImported, "", "none"))] {
        let world = World::new().await;
        // The row of the file as a whole is the first, for line 0.
        let rows = if failure.is_some() { 0..=7 } else { 1..=7 };
        world.finish(7, failure).await;
        for (offset, limit) in (0..=9).flat_map(|offset| (0..=9).map(move |limit| (offset, limit))) {
            let reply = world.errors(&offset.to_string(), &limit.to_string()).await.unwrap();
            let expected: Vec<u64> = rows.clone().map(|row| row * 10).skip(offset).take(limit).collect();
            assert_eq!(lines(&reply), expected, "{limit} from {offset}");
        }
    }
}

#[tokio::test]
async fn a_job_that_has_not_ended_or_went_well_has_no_rows() {
    let world = World::new().await;
    let running = world.errors("0", "25").await.unwrap();
    world.finish(0, None).await;
    assert_eq!(world.errors("0", "25").await.unwrap(), running);
    assert_snapshot!(running.body, @r#"{"data":[],"links":{"current":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=25","first":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=25","last":null,"prev":null,"next":null},"meta":{"page":{"limit":25,"offset":0,"current":1,"total":0},"results":{"total":0}}}"#);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let world = World::new().await;
    world.finish(3, None).await;
    let id = world.import.id.to_string();
    for (store, id) in [("other", id.as_str()), ("main", &Uuid::nil().to_string()), ("main", "no uuid")] {
        let error = handle(&world.imports, &world.files, noon(), &call(store, id, "0", "25")).await.unwrap_err();
        assert_eq!(error.status(), 404);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"There is no import with this id."}]}"#);
        }
    }
}

#[tokio::test]
async fn a_page_out_of_bounds_is_refused_before_the_job_is_looked_for() {
    let world = World::new().await;
    for id in [world.import.id.to_string(), "no uuid".to_owned()] {
        let error = handle(&world.imports, &world.files, noon(), &call("main", &id, "10001", "25")).await.unwrap_err();
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"page[offset]: \"page[offset]\" must be a whole number from 0 to 10000, given once"}]}"#);
        }
    }
}

#[tokio::test]
async fn a_report_that_was_deleted_is_missing() {
    let prefix = |world: &World| Report::prefix(&world.import.store, world.import.id, world.lease.epoch);
    for file in [Report::errors_key, Report::errors_index_key] {
        let world = World::new().await;
        world.finish(3, None).await;
        world.files.remove(&file(&prefix(&world)));
        let error = world.errors("0", "25").await.unwrap_err();
        assert_eq!(error.status(), 404);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"The report of this import has been deleted. Send the file again to learn what is wrong with it."}]}"#);
        }
    }
}

#[tokio::test]
async fn what_needs_no_report_is_told_without_one() {
    let world = World::new().await;
    world.finish(0, Some(RecordError::new(RecordErrorCode::Cancelled, "", "it was cancelled"))).await;
    let prefix = Report::prefix(&world.import.store, world.import.id, world.lease.epoch);
    world.files.remove(&Report::errors_key(&prefix));
    world.files.remove(&Report::errors_index_key(&prefix));
    assert_eq!(lines(&world.errors("0", "25").await.unwrap()), [0]);
    assert_eq!(lines(&world.errors("1", "25").await.unwrap()), [0_u64; 0]);
}
