//! Makes an import job of each object that a partner puts under `drops/{store}/`, and of each promised upload once its
//! file is there.

pub mod announcement;
mod options;

use announcement::{Announcement, Drop, Upload};
use chrono::{DateTime, Utc};
use imports::{
    import::{ImportFile, NewImport},
    ports::{Created, Files, Imports, PortResult, Queue, Uploads},
    submit::submit,
};
use lambda_runtime::Error;
use serde_json::Value;
use tracing::{info, warn};

/// Takes in what S3 announces. S3 announces at least once: the job's id is derived from the put, or was promised with
/// the upload, so an announcement delivered twice finds its job already there.
///
/// # Errors
/// When a job could not be stored, or a file lies where a promised upload goes and none was promised. The announcement is
/// then delivered again, and kept among the dead letters in the end.
pub async fn handle(
    files: &impl Files,
    imports: &(impl Imports + Uploads),
    queue: &impl Queue,
    now: impl Fn() -> DateTime<Utc>,
    event: Value,
) -> Result<(), Error> {
    // What does not fit is not quoted: the runtime logs this error.
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
                info!("a folder was made; there is nothing to import");
                None
            }
            Announcement::Stray => {
                warn!("an object lies where drops or uploads go, but is neither; it is not imported");
                None
            }
        };
        if let Some(new) = new {
            let file = new.file.clone();
            note(&submit(imports, queue, new, now()).await?, &file);
        }
    }
    // Only now: what is announced beside it is taken in all the same.
    if unpromised { Err("an object lies where uploads go, but no upload was promised there".into()) } else { Ok(()) }
}

/// The job of a drop. Options that can't be read don't lose it: it is made all the same, and ends by saying so.
async fn of_drop(files: &impl Files, drop: Drop) -> PortResult<NewImport> {
    // A file that is gone already has nothing to say; the worker tells that it is missing.
    let metadata = files.metadata(&drop.file).await?.unwrap_or_default();
    let Drop { id, store, name, file, sequencer } = drop;
    let (options, refused) = options::read(metadata, name);
    Ok(NewImport { options, refused, sequencer, ..NewImport::new(id, store, file) })
}

/// The job of an upload, as it was promised; `None` when none was.
async fn of_upload(uploads: &impl Uploads, upload: Upload, now: DateTime<Utc>) -> PortResult<Option<NewImport>> {
    let Upload { id, store, file } = upload;
    let Some(options) = uploads.promised(&store, id, now).await? else {
        warn!(import.id = %id, %store, "no upload was promised under this id; its file is not imported");
        return Ok(None);
    };
    Ok(Some(NewImport { options, ..NewImport::new(id, store, file) }))
}

/// Tells of a job that was there before.
fn note(created: &Created, file: &ImportFile) {
    match created {
        Created::Before(import) if import.file == *file => info!(import.id = %import.id, "announced once more"),
        Created::Before(import) => {
            warn!(import.id = %import.id, "an upload was put again; what was put first is imported");
        }
        // No key goes with these jobs.
        Created::Now(_) | Created::KeyTaken => {}
    }
}

#[cfg(test)]
mod tests;
