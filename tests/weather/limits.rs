//! How much a table takes: a thousand write units a second for each partition key, four thousand for all of them, each with a
//! second's worth saved up.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::contention::{actions, cancelled, refusal};

const PARTITION: f64 = 1_000.0;
const TABLE: f64 = 4_000.0;

#[derive(Default)]
pub(crate) struct Limits {
    saved: Mutex<HashMap<String, Saved>>,
    pub(crate) refused: AtomicU32,
}

/// What may be used at once.
struct Saved {
    units: f64,
    at: Instant,
}

impl Limits {
    /// Refuses a request that the table has no units left for. One that is let in uses them up, whatever becomes of it.
    pub(crate) fn refuse(&self, operation: &str, body: &Value) -> Option<Value> {
        let refusal = match operation {
            "TransactWriteItems" => {
                let taken: Vec<bool> = actions(body).map(|action| self.take(action, 2.0)).collect();
                let reason = |taken| json!({"Code": if taken { "None" } else { "ThrottlingError" }});
                taken.contains(&false).then(|| cancelled(taken.into_iter().map(reason)))
            }
            "UpdateItem" | "PutItem" | "DeleteItem" => {
                (!self.take(body, 1.0)).then(|| refusal("ProvisionedThroughputExceededException"))
            }
            _ => None,
        };
        self.refused.fetch_add(refusal.is_some().into(), Ordering::Relaxed);
        refusal
    }

    fn take(&self, write: &Value, units: f64) -> bool {
        let key = if write["Key"].is_object() { &write["Key"] } else { &write["Item"] };
        let mut all = self.saved.lock().unwrap();
        let mut limits = [(String::new(), TABLE), (key["pk"].to_string(), PARTITION)];
        limits.iter_mut().all(|(name, most)| {
            let saved = all.entry(name.clone()).or_insert_with(|| Saved { units: *most, at: Instant::now() });
            saved.units = (saved.units + *most * saved.at.elapsed().as_secs_f64()).min(*most);
            saved.at = Instant::now();
            let is_enough = saved.units >= units;
            saved.units -= if is_enough { units } else { 0.0 };
            is_enough
        })
    }
}
