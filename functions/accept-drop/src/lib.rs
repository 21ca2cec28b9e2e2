//! Makes an import job of each object that a partner puts under `drops/{store}/`.

pub mod announcement;

use announcement::{Announcement, Drop};
use chrono::{DateTime, Utc};
use lambda_runtime::Error;
use serde_json::Value;
use shared::{
    import::{ImportFile, ImportId, NewImport},
    options::ImportOptions,
    ports::{ImportQueue, ImportStore},
    submit::submit,
};
use tracing::{info, warn};

/// Takes in what S3 announces. S3 announces at least once: the job's id is derived from the put, so an announcement
/// delivered twice finds its job already there.
///
/// # Errors
/// When a job could not be stored: S3's announcement is then delivered again.
pub async fn handle(
    imports: &impl ImportStore,
    queue: &impl ImportQueue,
    now: impl Fn() -> DateTime<Utc>,
    event: Value,
) -> Result<(), Error> {
    for announcement in announcement::read(event)? {
        match announcement {
            Announcement::Drop(drop) => {
                submit(imports, queue, new_import(drop), now()).await?;
            }
            Announcement::Test => info!("S3 tested the notification"),
            Announcement::Folder => info!("a folder was made; there is nothing to import"),
            Announcement::Stray => warn!("an object lies under drops/ but in no store's folder; it is not imported"),
        }
    }
    Ok(())
}

fn new_import(drop: Drop) -> NewImport {
    let id = ImportId::of_drop(&drop.bucket, &drop.key, drop.version.as_deref().unwrap_or(&drop.put));
    let options = ImportOptions { external_ref: Some(drop.name), ..ImportOptions::default() };
    let file = ImportFile { key: drop.key, version: drop.version };
    NewImport { options, ..NewImport::new(id, drop.store, file) }
}

#[cfg(test)]
mod tests;
