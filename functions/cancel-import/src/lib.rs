//! `POST /v2/subscriptions/imports/{id}/cancel`: stops a pending or started job.

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    api::{ApiError, Call, Document, ImportDocument, Reply},
    ignored,
    import::{Ending, Import, ImportStatus, Outcome, Tally},
    options::{Meant, OptionName, meant_by, option_asked, pasted},
    parameters::unread,
    ports::{Files, Imports, PortError, PortResult},
    receipt::receipt_key,
    report::{ReportWriter, UNCLAIMED},
    telemetry::{EndedJob, JobOutcome, Telemetry},
};
use records::{RecordError, RecordErrorCode, near::has_letters};
use tracing::info;

/// How often a job is read before the call gives up: in between it may be claimed, and then end.
const LOOKS: u32 = 3;

/// Ends a pending job at once, or asks the worker of a started one to stop, and answers the job as it is then. Records that
/// are imported by then stay.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Conflict`] when it has ended,
/// [`ApiError::Validation`] when a rehearsal is asked for.
pub async fn handle(
    imports: &impl Imports,
    files: &impl Files,
    now: impl Fn() -> DateTime<Utc>,
    retention: TimeDelta,
    telemetry: &Telemetry,
    call: &Call,
) -> Result<Reply, ApiError> {
    let (id, ignored) = (call.import_id()?, unheard(call)?);
    for _ in 0..LOOKS {
        let import = imports.get(&call.store, id, now()).await?.ok_or(ApiError::NotFound)?;
        let asked = match import.status {
            ImportStatus::Pending => {
                let finished_at = now();
                let ended = cancel_pending(imports, files, &import, finished_at, retention).await;
                ended.inspect(|()| telemetry.job_ended(&never_ran(&import, finished_at)))
            }
            ImportStatus::Started => imports.request_cancel(&call.store, id, now()).await.map(drop),
            ImportStatus::Success | ImportStatus::Failed => return Err(has_ended(&import)),
        };
        match asked {
            Ok(()) => {
                info!(import.id = %id, store = %call.store, import.status = import.status.as_str(), "cancel requested");
                let import = imports.get(&call.store, id, now()).await?.ok_or(ApiError::NotFound)?;
                return Reply::ok(&Document::ignoring(ignored, ImportDocument::new(import, None, &call.origin)));
            }
            // Its status changed since it was read.
            Err(PortError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::Internal(PortError::Transient(format!("import {id} changed its status {LOOKS} times in a row"))))
}

/// Names what the call says in vain: it reads nothing but an id.
fn unheard(call: &Call) -> Result<Vec<String>, ApiError> {
    let dry_run = |(name, value): &&(String, String)| match meant_by(name, value) {
        Meant::Option(option) | Meant::Nearly(option) => option == OptionName::DryRun,
        Meant::Rehearsal => true,
        Meant::IdempotencyKey | Meant::Nothing => pasted(value) == Some(OptionName::DryRun),
    };
    let parameter = call.query.iter().find(dry_run).map(|(name, _)| name.as_str());
    let header = option_asked(call).filter(|(_, option)| *option == OptionName::DryRun).map(|(name, _)| name);
    let body = has_letters(&String::from_utf8_lossy(&call.body), OptionName::DryRun.as_str()).then_some("body");
    if let Some(name) = parameter.or(header).or(body) {
        let problem = format!("{name}: \"{name}\" is not read here, and a cancel has no rehearsal: leave it out");
        return Err(ApiError::Validation(problem));
    }
    let mut names = unread(&call.query, &[])?;
    if !matches!(call.body.trim_ascii(), b"" | b"{}" | b"null") {
        ignored::note(&mut names, "(the body)");
    }
    Ok(names)
}

/// Ends a job that no worker has claimed: its report first, as for every job.
async fn cancel_pending(
    imports: &impl Imports,
    files: &impl Files,
    import: &Import,
    now: DateTime<Utc>,
    retention: TimeDelta,
) -> PortResult<()> {
    let problem = "the import was cancelled before it started; nothing was written";
    let failure = RecordError::new(RecordErrorCode::Cancelled, "", problem);
    let outcome = Outcome {
        ending: Ending::Failed,
        tally: Tally::default(),
        report: ReportWriter::begin(files, import, UNCLAIMED).finish(Some(failure)).await?,
        expires_at: now + retention,
        owes_receipt: receipt_key(import).is_some(),
    };
    imports.cancel_pending(import, &outcome, now).await
}

fn never_ran(import: &Import, finished_at: DateTime<Utc>) -> EndedJob {
    let outcome = JobOutcome::Cancelled;
    EndedJob { id: import.id, outcome, uploaded: 0, imported: 0, failed: 0, run: None, finished_at }
}

fn has_ended(import: &Import) -> ApiError {
    let status = import.status.as_str();
    ApiError::Conflict(format!(
        "The import has ended already ({status}); only a pending or started one can be cancelled."
    ))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use imports::{debts::Debt, import::Claim, report::Report};
    use insta::assert_snapshot;
    use twins::{
        Call as Port, Fault,
        fixture::{RETENTION, World, call_for, id, noon, query, store},
    };

    use super::*;

    async fn cancel(world: &World, store: &str, id: impl ToString) -> Result<Reply, ApiError> {
        let now = || noon() + TimeDelta::seconds(1);
        handle(&world.imports, &world.files, now, RETENTION, &world.telemetry, &call_for(store, id)).await
    }

    async fn cancel_seven(world: &World) -> Result<Reply, ApiError> {
        cancel(world, "main", id(7)).await
    }

    #[tokio::test]
    async fn a_rehearsal_cancels_nothing_and_what_means_nothing_is_named() {
        let world = World::with_job(7).await;
        let send = async |call| handle(&world.imports, &world.files, noon, RETENTION, &world.telemetry, &call).await;
        let seven = || call_for("main", id(7));
        let refused = send(Call { query: query(&[("dryRun", "true")]), ..seven() }).await.unwrap_err();
        assert_snapshot!(refused.reply("").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"dryRun: \"dryRun\" is not read here, and a cancel has no rehearsal: leave it out"}]}"#);
        for name in ["x-dry-run", "dry-run", "x-validate-only"] {
            let refused = send(Call { headers: vec![(name.to_owned(), String::new())], ..seven() }).await;
            assert_eq!(refused.unwrap_err().status(), 400, "{name}");
        }
        for call in [
            Call { headers: vec![("prefer".to_owned(), "dry-run".to_owned())], ..seven() },
            Call { headers: vec![("x-mode".to_owned(), "test".to_owned())], ..seven() },
            Call { query: query(&[("mode", "test")]), ..seven() },
            Call { query: query(&[("x", "1?dry_run=true")]), ..seven() },
            Call { body: Bytes::from("{\"dryRun\":true}"), ..seven() },
        ] {
            assert_eq!(send(call.clone()).await.map_err(|error| error.status()), Err(400), "{call:?}");
        }
        assert_eq!(world.imports.open(10).await.unwrap().len(), 1);
        let headers = vec![("idempotency-key".to_owned(), String::new())];
        let reply = send(Call { query: query(&[("force", "1")]), headers, body: Bytes::from("{\"x\":1}"), ..seven() });
        let body = reply.await.unwrap().body;
        assert!(body.ends_with(r#""meta":{"ignored":["force","(the body)"]}}"#), "{body}");
    }

    #[tokio::test]
    async fn a_pending_job_ends_at_once_with_its_report() {
        let world = World::with_job(7).await;
        assert_snapshot!(cancel_seven(&world).await.unwrap().body);
        assert_eq!(world.imports.claim_next(noon()).await, Ok(Claim::Idle));
        let prefix = Report::prefix(&store(), id(7), UNCLAIMED);
        for key in [Report::errors_key(&prefix), Report::results_key(&prefix), Report::failed_lines_key(&prefix)] {
            assert_eq!(world.files.content(&key), Some(Bytes::new()), "{key}");
        }
        assert_eq!(world.imports.owed(Debt::Receipt, 9).await.unwrap().len(), 1);
        let metrics = twins::lines();
        assert_eq!(metrics.len(), 1);
        assert!(metrics[0].contains(r#""Outcome":"cancelled""#), "{metrics:?}");
    }

    #[tokio::test]
    async fn a_running_job_is_asked_to_stop() {
        let world = World::with_job(7).await;
        world.claim().await;
        assert_snapshot!(cancel_seven(&world).await.unwrap().body);
        // Once more does no harm.
        assert_eq!(cancel_seven(&world).await.unwrap().status, 200);
        assert_eq!(world.files.keys(), Vec::<String>::new());
        assert_eq!(twins::lines(), Vec::<String>::new(), "its worker tells");
    }

    #[tokio::test]
    async fn a_job_that_has_ended_can_not_be_cancelled() {
        let world = World::with_job(7).await;
        cancel_seven(&world).await.unwrap();
        let error = cancel_seven(&world).await.unwrap_err();
        assert_eq!(error.status(), 409);
        assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"The import has ended already (failed); only a pending or started one can be cancelled."}]}"#);
    }

    #[tokio::test]
    async fn a_job_that_moves_on_is_looked_at_again() {
        let world = World::with_job(7).await;
        let moved = || Fault::Before(PortError::Conflict("claimed meanwhile".to_owned()));
        world.faults.plan(Port::CancelPending, moved());
        assert_eq!(cancel_seven(&world).await.unwrap().status, 200);

        let world = World::with_job(7).await;
        world.faults.draw(move |call| (call == Port::CancelPending).then(moved));
        assert_eq!(cancel_seven(&world).await.unwrap_err().status(), 503);
    }

    #[tokio::test]
    async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
        let world = World::with_job(7).await;
        for (store, id) in [("other", id(7).to_string()), ("main", id(0).to_string()), ("main", "no uuid".to_owned())] {
            assert_eq!(cancel(&world, store, id).await.unwrap_err(), ApiError::NotFound);
        }
    }
}
