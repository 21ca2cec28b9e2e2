//! Items that several want at once, as DynamoDB has it: a transaction is refused while another request is at work on one of
//! its items, and a plain write while a transaction is; plain writes wait for each other.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::sleep,
};

/// How long a plain write has its item: a partition takes a thousand of them a second.
const WRITE: Duration = Duration::from_millis(1);

pub(crate) struct Contention {
    /// How long a transaction holds its items.
    hold: Duration,
    /// What transactions hold.
    held: Arc<Mutex<HashSet<String>>>,
    /// Whose turn it is among plain writes.
    turns: Mutex<HashMap<String, Arc<Turn<()>>>>,
}

/// The items of a request under way; they are free again when this is dropped.
pub(crate) enum Held {
    Nothing,
    Turn { _turn: OwnedMutexGuard<()> },
    Items { held: Arc<Mutex<HashSet<String>>>, items: Vec<String> },
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Items { held, items } = self {
            let mut held = held.lock().unwrap();
            for item in items {
                assert!(held.remove(item));
            }
        }
    }
}

impl Contention {
    pub(crate) fn new(hold: u64) -> Self {
        Self { hold: Duration::from_millis(hold), held: Arc::default(), turns: Mutex::default() }
    }

    /// Lets a request in once its way is over, or refuses it. Its work is done while what is answered is kept.
    pub(crate) async fn enter(&self, operation: &str, body: &Value) -> Result<Held, Value> {
        match operation {
            "TransactWriteItems" => self.transact(body).await,
            "UpdateItem" | "PutItem" | "DeleteItem" => self.write(item(body)).await,
            _ => {
                sleep(Duration::from_millis(fastrand::u64(5..=20))).await;
                Ok(Held::Nothing)
            }
        }
    }

    async fn transact(&self, body: &Value) -> Result<Held, Value> {
        let items: Vec<String> = actions(body).map(item).collect();
        let busy: Vec<bool> = items.iter().map(|item| self.is_busy(item)).collect();
        if busy.contains(&true) {
            sleep(self.hold).await;
            let reason = |busy| json!({"Code": if busy { "TransactionConflict" } else { "None" }});
            return Err(cancelled(busy.into_iter().map(reason)));
        }
        self.held.lock().unwrap().extend(items.iter().cloned());
        let held = Held::Items { held: Arc::clone(&self.held), items };
        sleep(self.hold).await;
        Ok(held)
    }

    async fn write(&self, item: String) -> Result<Held, Value> {
        sleep(Duration::from_millis(fastrand::u64(5..=20))).await;
        let turn = Arc::clone(self.turns.lock().unwrap().entry(item.clone()).or_default());
        let turn = turn.lock_owned().await;
        if self.held.lock().unwrap().contains(&item) {
            return Err(refusal("TransactionConflictException"));
        }
        sleep(WRITE).await;
        Ok(Held::Turn { _turn: turn })
    }

    fn is_busy(&self, item: &str) -> bool {
        let is_written = self.turns.lock().unwrap().get(item).is_some_and(|turn| turn.try_lock().is_err());
        is_written || self.held.lock().unwrap().contains(item)
    }
}

/// The actions of a transaction.
pub(crate) fn actions(body: &Value) -> impl Iterator<Item = &Value> {
    body["TransactItems"].as_array().unwrap().iter().map(|action| action.as_object().unwrap().values().next().unwrap())
}

/// The keys of the item that a write is of, and its table.
fn item(write: &Value) -> String {
    let key = if write["Key"].is_object() { &write["Key"] } else { &write["Item"] };
    format!("{} {} {}", write["TableName"], key["pk"], key["sk"])
}

/// A failed request, in DynamoDB's words.
pub(crate) fn refusal(kind: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "the weather"})
}

/// A transaction that did not happen, with a reason for each action.
pub(crate) fn cancelled(reasons: impl Iterator<Item = Value>) -> Value {
    let mut refusal = refusal("TransactionCanceledException");
    refusal["CancellationReasons"] = reasons.collect();
    refusal
}
