//! Over which items of the table a call on jobs goes: as the adapter writes them, in a transaction or one plainly.

use backon::BackoffBuilder;
use imports::{
    back_off::BACK_OFF,
    import::{ImportId, Lease},
    ports::{PortError, PortResult},
};
use records::StoreId;
use tokio::time::{Instant, sleep, sleep_until};

use super::Faults;

/// The items of a call that changes them.
#[derive(Clone, Debug)]
pub(super) enum Over {
    Transaction(Vec<String>),
    Plainly(String),
}

impl Over {
    /// The job of a lease and the lease itself, in one transaction.
    pub(super) fn lease_and_job(lease: &Lease) -> Self {
        Self::Transaction(vec![Self::lease(), Self::job(&lease.store, lease.id)])
    }

    pub(super) fn job(store: &StoreId, id: ImportId) -> String {
        format!("{store} {id}")
    }

    pub(super) fn lease() -> String {
        "lease".to_owned()
    }

    pub(super) fn clock() -> Self {
        Self::Plainly("clock".to_owned())
    }
}

impl Faults {
    /// Waits until a call has been at its items. A transaction is tried again where others are in its way, as the adapter does.
    pub(super) async fn let_in(&self, over: &Over) -> PortResult<()> {
        let contended = || PortError::Transient("another request is at work on the item".to_owned());
        let mut pauses = BACK_OFF.build();
        loop {
            let now = Instant::now();
            let done = match over {
                Over::Transaction(items) => {
                    let items: Vec<&str> = items.iter().map(String::as_str).collect();
                    self.manners(|manners| manners.hold(&items, now)).ok()
                }
                Over::Plainly(item) => Some(self.manners(|manners| manners.turn(item, now)).ok_or_else(contended)?),
            };
            match done {
                Some(done) if done > now => return Ok(sleep_until(done).await),
                Some(_) => return Ok(()),
                None => sleep(pauses.next().ok_or_else(contended)?).await,
            }
        }
    }
}
