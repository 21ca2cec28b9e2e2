//! `POST /v2/subscriptions/imports/{id}/cancel`: stops a job that waits or runs.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    api::{ApiError, Call, Document, ImportDocument, Reply},
    import::{Ending, Import, ImportStatus, Outcome, Tally},
    ports::{FileStore, ImportStore, Outside, StoreError},
    receipt::receipt_key,
    record::{RecordError, RecordErrorCode},
    report::{ReportWriter, UNCLAIMED},
};
use tracing::info;

/// How often a job is looked at: it may be claimed meanwhile, and then end.
const LOOKS: u32 = 3;

/// Ends a pending job at once, and asks the worker of a started one to stop; answers the job as it then stands. What was
/// written by then stays.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Conflict`] when it has ended.
pub async fn handle(
    imports: &impl ImportStore,
    files: &impl FileStore,
    now: impl Fn() -> DateTime<Utc>,
    retention: TimeDelta,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = call.import_id()?;
    for _ in 0..LOOKS {
        let import = imports.get(&call.store, id, now()).await?.ok_or(ApiError::NotFound)?;
        let asked = match import.status {
            ImportStatus::Pending => cancel_pending(imports, files, &import, now(), retention).await,
            ImportStatus::Started => imports.request_cancel(&call.store, id, now()).await.map(drop),
            ImportStatus::Success | ImportStatus::Failed => return Err(has_ended(&import)),
        };
        match asked {
            Ok(()) => {
                info!(import.id = %id, store = %call.store, import.status = import.status.as_str(), "cancel requested");
                let import = imports.get(&call.store, id, now()).await?.ok_or(ApiError::NotFound)?;
                return Reply::ok(&Document { data: ImportDocument::new(import, None, &call.origin) });
            }
            // It is not what it was a moment ago.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::Internal(StoreError::Transient("the job kept moving on".to_owned())))
}

/// Ends a job that no worker has: its report first, as with every other.
async fn cancel_pending(
    imports: &impl ImportStore,
    files: &impl FileStore,
    import: &Import,
    now: DateTime<Utc>,
    retention: TimeDelta,
) -> Outside<()> {
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

fn has_ended(import: &Import) -> ApiError {
    let status = import.status.as_str();
    ApiError::Conflict(format!(
        "The import has ended already ({status}); only a pending or started one can be cancelled."
    ))
}

#[cfg(test)]
mod tests;
