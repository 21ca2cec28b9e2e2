//! What jobs owe to others: receipts and events. Owed by the write that makes a job owe it, so that what a function that died
//! just then has left unpaid is paid by another.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{error, info, warn};

pub use crate::debt::Debt;
use crate::{
    events::{Event, Events},
    import::Import,
    ports::{Files, ImportRef, Imports, PortResult},
    receipt::put_receipt,
    times::{OVERDUE, PAY, RESUME_GRACE},
};

/// Which debts are paid, and how many of a kind in one go.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Those that are owed for at least so long.
    owed_for: TimeDelta,
    most: u32,
}

impl Round {
    /// What a worker pays between two jobs.
    pub const OF_WORKER: Self = Self { owed_for: TimeDelta::zero(), most: 25 };
    /// What resume-imports pays, so that an outage of hours is made up for in minutes.
    pub const OF_RESUME: Self = Self { owed_for: RESUME_GRACE, most: 500 };
}

/// Pays debts of these kinds, the oldest of each first, for [`PAY`] a kind. What can't be paid now stays owed.
pub async fn pay(
    imports: &impl Imports,
    files: &impl Files,
    events: &impl Events,
    debts: &[Debt],
    Round { owed_for, most }: Round,
    clock: &impl Fn() -> DateTime<Utc>,
) {
    for debt in debts {
        let (what, until) = (debt.as_str(), clock() + PAY);
        let owed = match imports.owed(*debt, most).await {
            Ok(owed) => owed,
            Err(error) => {
                warn!(%error, debt = what, "could not look for what is owed; it stays owed");
                continue;
            }
        };
        for job in owed {
            let now = clock();
            if now > until {
                break;
            }
            let import = match imports.get(&job.store, job.id, now).await {
                Ok(import) => import,
                Err(error) => {
                    warn!(import.id = %job.id, %error, debt = what, "could not pay; it stays owed");
                    continue;
                }
            };
            let since = import.as_ref().and_then(|import| debt.since(import));
            if import.is_some() && since.is_none_or(|since| since > now - owed_for) {
                continue;
            }
            match pay_one(imports, files, events, *debt, &job, import.as_ref()).await {
                Ok(()) => info!(import.id = %job.id, debt = what, "paid"),
                Err(error) => {
                    warn!(import.id = %job.id, %error, debt = what, "could not pay; it stays owed");
                    if since.is_some_and(|since| since < now - OVERDUE) {
                        // An alarm rings over this field.
                        error!(import.id = %job.id, overdue = what, "a debt is owed for too long");
                    }
                    // All events go to one place: where one fails, others wait.
                    if Debt::EVENTS.contains(debt) {
                        break;
                    }
                }
            }
        }
    }
}

/// Pays what a job owes. One that is kept no longer owes nothing.
///
/// # Errors
/// When it could not be paid, or not be noted that it is.
pub async fn pay_one(
    imports: &impl Imports,
    files: &impl Files,
    events: &impl Events,
    debt: Debt,
    job: &ImportRef,
    import: Option<&Import>,
) -> PortResult<()> {
    if let Some(import) = import {
        let event = match debt {
            Debt::Receipt => {
                put_receipt(files, import.clone()).await?;
                None
            }
            Debt::Started => Event::started(import, events.sender())?,
            Debt::Ended => Event::ended(import, events.sender())?,
        };
        if let Some(event) = event {
            events.send(&event).await?;
        }
    }
    imports.settle(debt, job).await
}
