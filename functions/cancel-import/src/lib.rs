//! `POST /v2/subscriptions/imports/{id}/cancel`: stops a pending or started job.

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    api::{ApiError, Call, Document, ImportDocument, Reply},
    import::{Ending, Import, ImportStatus, Outcome, Tally},
    ports::{Files, Imports, PortError, PortResult},
    receipt::receipt_key,
    report::{ReportWriter, UNCLAIMED},
    telemetry::{EndedJob, JobOutcome, Telemetry},
};
use records::{RecordError, RecordErrorCode};
use tracing::info;

/// How often a job is read again because its status changed in between: it may be claimed, and then end.
const LOOKS: u32 = 3;

/// Ends a pending job at once, or asks the worker of a started one to stop, and answers the job as it is then. Records that
/// are imported by then stay.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Conflict`] when it has ended.
pub async fn handle(
    imports: &impl Imports,
    files: &impl Files,
    now: impl Fn() -> DateTime<Utc>,
    retention: TimeDelta,
    telemetry: &Telemetry,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = call.import_id()?;
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
                return Reply::ok(&Document { data: ImportDocument::new(import, None, &call.origin) });
            }
            // Its status changed since it was read.
            Err(PortError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::Internal(PortError::Transient("the job kept moving on".to_owned())))
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
mod tests;
