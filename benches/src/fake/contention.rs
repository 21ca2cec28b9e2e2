//! Items that several want at once, as DynamoDB has it: a transaction is refused while another request is at work on one of its
//! items, and a plain write while a transaction is; plain writes wait for each other.

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

use crate::lock;

/// How long a plain write has its item: a partition takes a thousand of them a second.
const WRITE: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(super) struct Contention {
    /// How long a transaction holds its items.
    hold: Duration,
    held: Arc<Mutex<HashSet<String>>>,
    turns: Mutex<HashMap<String, Arc<Turn<()>>>>,
}

/// The items of a request under way. They are free again when this is dropped.
#[derive(Debug)]
pub(super) enum Held {
    Turn { _turn: OwnedMutexGuard<()> },
    Items { held: Arc<Mutex<HashSet<String>>>, items: Vec<String> },
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Self::Items { held, items } = self {
            let mut held = lock(held);
            for item in items {
                held.remove(item);
            }
        }
    }
}

impl Contention {
    pub(super) fn new(hold: Duration) -> Self {
        Self { hold, held: Arc::default(), turns: Mutex::default() }
    }

    /// Lets a request in, or refuses it. Its work is done while what is answered is kept.
    pub(super) async fn enter(&self, operation: &str, body: &Value) -> Result<Option<Held>, Value> {
        match operation {
            "TransactWriteItems" => self.transact(body).await.map(Some),
            "UpdateItem" | "PutItem" | "DeleteItem" => self.write(item(body)).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn transact(&self, body: &Value) -> Result<Held, Value> {
        let actions = body["TransactItems"].as_array().into_iter().flatten();
        let actions = actions.filter_map(|action| action.as_object()?.values().next());
        let items: Vec<String> = actions.map(item).collect();
        let busy: Vec<bool> = items.iter().map(|item| self.is_busy(item)).collect();
        if busy.contains(&true) {
            sleep(self.hold).await;
            let reason = |busy| json!({"Code": if busy { "TransactionConflict" } else { "None" }});
            let mut refusal = refusal("TransactionCanceledException");
            refusal["CancellationReasons"] = busy.into_iter().map(reason).collect();
            return Err(refusal);
        }
        lock(&self.held).extend(items.iter().cloned());
        let held = Held::Items { held: Arc::clone(&self.held), items };
        sleep(self.hold).await;
        Ok(held)
    }

    async fn write(&self, item: String) -> Result<Held, Value> {
        let turn = Arc::clone(lock(&self.turns).entry(item.clone()).or_default());
        let turn = turn.lock_owned().await;
        if lock(&self.held).contains(&item) {
            return Err(refusal("TransactionConflictException"));
        }
        sleep(WRITE).await;
        Ok(Held::Turn { _turn: turn })
    }

    fn is_busy(&self, item: &str) -> bool {
        let is_written = lock(&self.turns).get(item).is_some_and(|turn| turn.try_lock().is_err());
        is_written || lock(&self.held).contains(item)
    }
}

/// The keys of the item that a write is of, and its table.
fn item(write: &Value) -> String {
    let key = if write["Key"].is_object() { &write["Key"] } else { &write["Item"] };
    format!("{} {} {}", write["TableName"], key["pk"], key["sk"])
}

/// A refused request, in DynamoDB's words.
fn refusal(kind: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "another request is at work on it"})
}
