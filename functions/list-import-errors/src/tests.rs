use imports::{
    import::{Ending, Lease},
    report::{ReportLine, ReportWriter},
};
use insta::assert_snapshot;
use records::{RecordError, RecordErrorCode};
use twins::fixture::{self, call_for, id, noon, outcome, query};

use super::*;

/// A job that runs, in a world of its own.
struct Running {
    world: fixture::World,
    import: Import,
    lease: Lease,
}

impl Running {
    async fn new() -> Self {
        let world = fixture::World::with_job(7).await;
        let (import, lease) = world.claim().await;
        Self { world, import, lease }
    }

    /// Ends the job with so many errors: of lines 10, 20, 30 and so on. Perhaps it failed as a whole, too.
    async fn finish(&self, errors: u32, failure: Option<RecordError>) {
        let mut report = ReportWriter::begin(&self.world.files, &self.import, self.lease.epoch);
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
                warnings: &[],
            };
            report.add(&line).await.unwrap();
        }
        let report = report.finish(failure).await.unwrap();
        self.world.imports.finish(&self.lease, &outcome(Ending::Failed, report), noon()).await.unwrap();
    }

    async fn errors(&self, offset: impl ToString, limit: impl ToString) -> Result<Reply, ApiError> {
        self.errors_of("main", id(7), offset, limit).await
    }

    async fn errors_of(
        &self,
        store: &str,
        id: impl ToString,
        offset: impl ToString,
        limit: impl ToString,
    ) -> Result<Reply, ApiError> {
        let page = [("page[offset]", &*offset.to_string()), ("page[limit]", &*limit.to_string())];
        let call = Call { query: query(&page), ..call_for(store, id) };
        handle(&self.world.imports, &self.world.files, noon(), &call).await
    }

    /// Removes a file of the job's report.
    fn remove(&self, file: fn(&str) -> String) {
        self.world.files.remove(&file(&Report::prefix(&self.import.store, self.import.id, self.lease.epoch)));
    }
}

/// The numbers of the lines whose errors a reply shows.
fn lines(reply: &Reply) -> Vec<u64> {
    let document: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    let rows = document["data"].as_array().unwrap();
    rows.iter().map(|row| row["meta"]["line_number"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_page_of_rows_is_shown() {
    let job = Running::new().await;
    job.finish(3, None).await;
    assert_snapshot!(job.errors(1, 1).await.unwrap().body, @r#"{"data":[{"id":"66008acd-3bd1-52af-8122-867acb1fdf87","type":"subscription_import_error","meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.000000Z","updated_at":"2026-05-29T12:00:00.000000Z"},"line_number":20,"field":"data.attributes.name","error":"data.attributes.name: must be 3 to 1024 characters","external_ref":"tea","code":"wrong_length","blocked_by":1}}],"links":{"current":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=1&page%5Blimit%5D=1","first":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=1","last":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=2&page%5Blimit%5D=1","prev":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=1","next":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=2&page%5Blimit%5D=1"},"meta":{"page":{"limit":1,"offset":1,"current":2,"total":3},"results":{"total":3}}}"#);
}

#[tokio::test]
async fn every_page_holds_its_rows() {
    for failure in [None, Some(RecordError::new(RecordErrorCode::NothingImported, "", "none"))] {
        let job = Running::new().await;
        // The row of the file as a whole is the first, for line 0.
        let rows = if failure.is_some() { 0..=7 } else { 1..=7 };
        job.finish(7, failure).await;
        for (offset, limit) in (0..=9).flat_map(|offset| (0..=9).map(move |limit| (offset, limit))) {
            let reply = job.errors(offset, limit).await.unwrap();
            let expected: Vec<u64> = rows.clone().map(|row| row * 10).skip(offset).take(limit).collect();
            assert_eq!(lines(&reply), expected, "{limit} from {offset}");
        }
    }
}

#[tokio::test]
async fn a_job_that_has_not_ended_or_went_well_has_no_rows() {
    let job = Running::new().await;
    let running = job.errors(0, 25).await.unwrap();
    job.finish(0, None).await;
    assert_eq!(job.errors(0, 25).await.unwrap(), running);
    assert_snapshot!(running.body, @r#"{"data":[],"links":{"current":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=25","first":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors?page%5Boffset%5D=0&page%5Blimit%5D=25","last":null,"prev":null,"next":null},"meta":{"page":{"limit":25,"offset":0,"current":1,"total":0},"results":{"total":0}}}"#);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let job = Running::new().await;
    job.finish(3, None).await;
    for (store, id) in [("other", id(7).to_string()), ("main", id(0).to_string()), ("main", "no uuid".to_owned())] {
        let error = job.errors_of(store, id, 0, 25).await.unwrap_err();
        assert_eq!(error.status(), 404);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"There is no import with this id."}]}"#);
        }
    }
}

#[tokio::test]
async fn a_page_out_of_bounds_is_refused_before_the_job_is_looked_for() {
    let job = Running::new().await;
    for id in [id(7).to_string(), "no uuid".to_owned()] {
        let error = job.errors_of("main", id, 10_001, 25).await.unwrap_err();
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"page[offset]: \"page[offset]\" must be a whole number from 0 to 10000, given once: write page[offset]=10000, which is the most"}]}"#);
        }
    }
}

#[tokio::test]
async fn a_parameter_that_is_nearly_read_is_refused_and_any_other_is_named() {
    let job = Running::new().await;
    job.finish(3, None).await;
    let send = async |parameters: &[(&str, &str)]| {
        let call = Call { query: query(parameters), ..call_for("main", id(7)) };
        handle(&job.world.imports, &job.world.files, noon(), &call).await
    };
    let error = send(&[("limit", "2")]).await.unwrap_err();
    assert_snapshot!(error.reply("").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"limit: \"limit\" is no parameter of this call: write page[limit]=2"}]}"#);
    let reply = send(&[("page[limit]", "1"), ("only", "failed"), ("filter", "x")]).await.unwrap();
    assert!(reply.body.ends_with(r#""results":{"total":3},"ignored":["only","filter"]}}"#), "{}", reply.body);
}

#[tokio::test]
async fn a_report_that_was_deleted_is_missing() {
    for file in [Report::errors_key, Report::errors_index_key] {
        let job = Running::new().await;
        job.finish(3, None).await;
        job.remove(file);
        let error = job.errors(0, 25).await.unwrap_err();
        assert_eq!(error.status(), 404);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"The report of this import has been deleted. Send the file again to learn what is wrong with it."}]}"#);
        }
    }
}

#[tokio::test]
async fn what_needs_no_report_is_shown_without_one() {
    let job = Running::new().await;
    job.finish(0, Some(RecordError::new(RecordErrorCode::Cancelled, "", "it was cancelled"))).await;
    job.remove(Report::errors_key);
    job.remove(Report::errors_index_key);
    assert_eq!(lines(&job.errors(0, 25).await.unwrap()), [0]);
    assert_eq!(lines(&job.errors(1, 25).await.unwrap()), [0_u64; 0]);
}

/// What a page says of the errors that no page shows.
async fn rest(job: &Running, offset: u32, limit: u32) -> serde_json::Value {
    let document: serde_json::Value = serde_json::from_str(&job.errors(offset, limit).await.unwrap().body).unwrap();
    document["meta"]["rest"].clone()
}

#[tokio::test]
async fn the_last_page_that_can_be_asked_for_says_where_the_rest_is() {
    let job = Running::new().await;
    job.finish(10_301, None).await;
    let results = format!("https://api.example.com/v2/subscriptions/imports/{}/results?only=failed", id(7));
    for (offset, limit, errors) in [(10_000, 100, 201), (10_000, 25, 276)] {
        assert_eq!(rest(&job, offset, limit).await, serde_json::json!({"errors": errors, "results": results}));
    }
    for (offset, limit) in [(0, 100), (9_950, 100), (10_000, 0)] {
        assert_eq!(rest(&job, offset, limit).await, serde_json::Value::Null, "{limit} from {offset}");
    }
    let shorter = Running::new().await;
    shorter.finish(10_100, None).await;
    assert_eq!(rest(&shorter, 10_000, 100).await, serde_json::Value::Null);
}
