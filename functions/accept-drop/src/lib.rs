//! Makes an import job of each file that a partner puts under `drops/{store}/`, and of each promised upload once its
//! file is there.

pub mod announcement;
mod aside;
mod options;

use announcement::{Announcement, Drop, Upload};
use chrono::{DateTime, Utc};
use imports::{
    creation::submit,
    import::{ImportFile, NewImport},
    ports::{Created, Files, Imports, PortResult, Promised, Queue, Uploads},
    receipt::LeftAside,
    telemetry::Telemetry,
};
use lambda_runtime::Error;
use options::DropOptions;
use serde_json::Value;
use tracing::{error, info, warn};

/// Makes the jobs that S3's announcements ask for. S3 announces at least once. A drop's job id is derived from the put, an
/// upload's was promised with it, so an announcement that is delivered twice finds its job there.
///
/// # Errors
/// When a job could not be stored, or a file lies under the key of an upload that nobody was promised. Lambda then delivers
/// the announcement again, and in the end keeps it among the dead letters.
pub async fn handle(
    files: &impl Files,
    imports: &(impl Imports + Uploads),
    queue: &impl Queue,
    telemetry: &Telemetry,
    now: impl Fn() -> DateTime<Utc>,
    event: Value,
) -> Result<(), Error> {
    // The event is not quoted, since the runtime logs this error.
    let announcements = announcement::read(event).map_err(|_| "the event is neither S3's announcement nor its test")?;
    let mut unpromised = false;
    for announcement in announcements {
        let new = match announcement {
            Announcement::Drop(drop) => Some(of_drop(files, drop).await?),
            Announcement::Upload(upload) => {
                let promised = of_upload(imports, upload, now()).await?;
                unpromised |= promised.is_none();
                promised
            }
            Announcement::Test => {
                info!("S3 tested the notification");
                None
            }
            Announcement::Folder => {
                info!("a folder was created; there is nothing to import");
                None
            }
            Announcement::LeftAside(drop, reason) => {
                leave_aside(files, &drop, &reason, now()).await?;
                None
            }
            Announcement::Stray { key } => {
                // The key names an operator's folder, and is no caller's text.
                error!(file.key = ?key, "a file lies in no store's folder and is not imported; move it to drops/STORE/");
                telemetry.stray_file(now());
                None
            }
        };
        if let Some(new) = new {
            let file = new.file.clone();
            note(&submit(imports, queue, new, now()).await?, &file)?;
        }
    }
    // Fails last, so that the other files of the event have their jobs.
    if unpromised { Err("an object lies where uploads go, but no upload was promised there".into()) } else { Ok(()) }
}

/// Describes the job of a drop. A drop whose options can't be read becomes a job too, which fails and says why.
async fn of_drop(files: &impl Files, drop: Drop) -> PortResult<NewImport> {
    // A file that is gone has no metadata; its job fails because the file is missing.
    let metadata = files.metadata(&drop.file).await?.unwrap_or_default();
    let Drop { id, store, name, file, sequencer } = drop;
    let DropOptions { options, refused, ignored } = options::read(metadata, name);
    Ok(NewImport { options, refused, ignored, sequencer, ..NewImport::new(id, store, file) })
}

/// Tells whoever dropped a file that no job is made of it.
async fn leave_aside(files: &impl Files, drop: &Drop, reason: &str, now: DateTime<Utc>) -> PortResult<()> {
    let Drop { id, store, file, sequencer, .. } = drop;
    LeftAside { store, id: *id, file, sequencer: sequencer.as_deref(), reason }.write_receipt(files, now).await?;
    info!(%store, "a marker or an unfinished file is left aside");
    Ok(())
}

/// Describes the job of an upload, with what was promised; `None` when no upload was promised.
async fn of_upload(uploads: &impl Uploads, upload: Upload, now: DateTime<Utc>) -> PortResult<Option<NewImport>> {
    let Upload { id, store, file } = upload;
    let Some(Promised { options, ignored }) = uploads.promised(&store, id, now).await? else {
        warn!(import.id = %id, %store, "no upload was promised under this id; its file is not imported");
        return Ok(None);
    };
    Ok(Some(NewImport { options, ignored, ..NewImport::new(id, store, file) }))
}

/// Logs that a job existed before.
///
/// # Errors
/// When its idempotency key is said to be taken: these jobs have none.
fn note(created: &Created, file: &ImportFile) -> Result<(), Error> {
    match created {
        Created::Before(import) if import.file == *file => info!(import.id = %import.id, "announced once more"),
        Created::Before(import) => {
            warn!(import.id = %import.id, "an upload was put again; what was put first is imported");
        }
        Created::Now(_) => {}
        Created::KeyTaken(_) => return Err("a job without an idempotency key was refused because of one".into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
