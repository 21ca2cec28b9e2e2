//! `GET /v2/subscriptions/imports/{id}`: one job, at once or when it has changed.

mod etag;
mod wait;

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, Document, ImportDocument, RETRY_AFTER, Reply},
    import::{Import, ImportId, ImportStatus},
    parameters::{Parameter, unread},
    ports::{Imports, Seats, Uploads},
    queue_position::Turns,
    times::{LOOK, duration},
};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

use crate::{
    etag::{etag, lists},
    wait::wait,
};

/// Answers the job that the path names; where the call is to wait, once it differs from what it was or from what the caller
/// has, or when the time is over. A call that finds no seat to wait in is answered at once, and told when to call again.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::UploadAwaited`] when it is one to come,
/// [`ApiError::Validation`] when `wait` is out of bounds.
pub async fn handle(
    imports: &(impl Imports + Uploads + Seats),
    seats: u16,
    clock: impl Fn() -> DateTime<Utc>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let came = Instant::now();
    let (id, ignored) = (call.import_id()?, unread(&call.query, &[Parameter::Wait])?);
    let wait = wait(&call.query)?;
    let has = |etag: &str| call.if_none_match.as_deref().map(|tags| lists(tags, etag));
    let (mut shown, mut retry_after) = (Shown::read(imports, id, &clock, call).await?, None);
    // A job that has ended changes no more.
    if !wait.is_zero() && !shown.import.status.is_terminal() && has(&shown.etag) != Some(false) {
        match imports.take_seat(seats, clock()).await? {
            None => retry_after = Some(RETRY_AFTER),
            Some(seat) => {
                let changed = shown.changed(imports, &clock, call, came + wait).await;
                if let Err(error) = imports.leave_seat(&seat).await {
                    warn!(import.id = %id, %error, "could not leave the seat; it is free again soon");
                }
                shown = changed?;
            }
        }
    }
    let Shown { import, position, etag } = shown;
    let reply = match has(&etag) {
        Some(true) => Reply::not_modified(),
        _ => Reply::ok(&Document::ignoring(ignored, ImportDocument::new(import, position, &call.origin)))?,
    };
    Ok(Reply { etag: Some(etag), retry_after, ..reply })
}

/// A job as it is shown.
struct Shown {
    import: Import,
    position: Option<u64>,
    etag: String,
}

impl Shown {
    async fn read(
        imports: &(impl Imports + Uploads),
        id: ImportId,
        clock: &impl Fn() -> DateTime<Utc>,
        call: &Call,
    ) -> Result<Self, ApiError> {
        let now = clock();
        let Some(import) = imports.get(&call.store, id, now).await? else {
            let promised = imports.promised(&call.store, id, now).await?;
            return Err(promised.map_or(ApiError::NotFound, |_| ApiError::UploadAwaited));
        };
        let position = Turns::position_of(imports, &import).await?;
        Ok(Self { etag: etag(&import, position)?, import, position })
    }

    /// Waits until the job is no longer what is shown, or until then, and reads it. It looks once in a while, at one item: the
    /// job or, every other time while that is pending, the turn of the lane. What it sees may be older than what is shown, so
    /// a difference counts once the job was read.
    async fn changed(
        &self,
        imports: &(impl Imports + Uploads),
        clock: &impl Fn() -> DateTime<Utc>,
        call: &Call,
        until: Instant,
    ) -> Result<Self, ApiError> {
        let Self { import, position, .. } = self;
        let (look, is_pending) = (duration(LOOK), import.status == ImportStatus::Pending);
        let mut looks_at_job = true;
        while Instant::now() + look < until {
            sleep(look).await;
            let seen = if looks_at_job {
                let seen = imports.glance(&import.store, import.id).await?;
                seen.map(|seen| etag(&seen, position.filter(|_| seen.status == ImportStatus::Pending))).transpose()?
            } else {
                Some(etag(import, Turns::position_of(imports, import).await?)?)
            };
            if seen.is_some_and(|seen| seen != self.etag) {
                let now = Self::read(imports, import.id, clock, call).await?;
                if now.etag != self.etag {
                    return Ok(now);
                }
            }
            looks_at_job = !(is_pending && looks_at_job);
        }
        sleep_until(until).await;
        Self::read(imports, import.id, clock, call).await
    }
}

#[cfg(test)]
mod tests;
