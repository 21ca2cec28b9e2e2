//! The table of jobs: a database in memory, in which transactions may hold their items for a while.

use std::{fmt, sync::Mutex};

use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use twins::manners::{Contention, Manners, Verdict};

use crate::{Outcome, lock};

pub(crate) const TABLE: &str = "imports";

pub(crate) struct Jobs {
    database: Database,
    manners: Mutex<Manners>,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("manners", &self.manners).finish_non_exhaustive()
    }
}

impl Jobs {
    /// The table as template.yaml has it. `hold` is for how many milliseconds a transaction holds its items.
    pub(super) fn new(hold: Option<u64>) -> Outcome<Self> {
        let database = Database::memory()?;
        let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let narrow = ["status", "created_at", "ref_digest", "kept_from", "expires_at"];
        let table = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("pk", "S"), attribute("sk", "S"), attribute("position", "N")],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "LocalSecondaryIndexes": [{
                "IndexName": "by_position",
                "KeySchema": [key("pk", "HASH"), key("position", "RANGE")],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": narrow},
            }],
        });
        execute(&database, "CreateTable", table)?;
        let contention = hold.map(|hold| Contention::new(hold..=hold));
        Ok(Self { database, manners: Mutex::new(Manners { contention, ..Manners::default() }) })
    }

    /// Answers a call, and tells the read units that it took.
    pub(super) async fn answer(&self, operation: &str, mut body: Value) -> (Result<Value, String>, f64) {
        let verdict = lock(&self.manners).judge(operation, &body, Instant::now());
        match verdict {
            Verdict::Done(at) => sleep_until(at).await,
            Verdict::Refused(refusal) => return (Err(refusal.to_string()), 0.0),
            Verdict::InPart { request, .. } => body = request,
        }
        body["ReturnConsumedCapacity"] = json!("TOTAL");
        match execute(&self.database, operation, body) {
            Ok(answer) => {
                let units = read_units(operation, &answer["ConsumedCapacity"]);
                (Ok(answer), units)
            }
            Err(error) => (Err(error.to_json()), 0.0),
        }
    }
}

fn read_units(operation: &str, consumed: &Value) -> f64 {
    let of_table = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or_default();
    match operation {
        "GetItem" | "Query" => of_table(consumed),
        "BatchGetItem" => consumed.as_array().into_iter().flatten().map(of_table).sum(),
        _ => 0.0,
    }
}

/// Does what a call asks for, in DynamoDB's JSON.
pub(super) fn execute(database: &Database, operation: &str, body: Value) -> Result<Value, DynoxideError> {
    let strange = |error: serde_json::Error| DynoxideError::ValidationException(error.to_string());
    macro_rules! call {
        ($call:ident) => {
            serde_json::to_value(database.$call(serde_json::from_value(body).map_err(strange)?)?).map_err(strange)
        };
    }
    match operation {
        "BatchGetItem" => call!(batch_get_item),
        "BatchWriteItem" => call!(batch_write_item),
        "CreateTable" => call!(create_table),
        "DeleteItem" => call!(delete_item),
        "GetItem" => call!(get_item),
        "PutItem" => call!(put_item),
        "Query" => call!(query),
        "TransactWriteItems" => call!(transact_write_items),
        "UpdateItem" => call!(update_item),
        other => Err(DynoxideError::ValidationException(format!("the bench does not play {other}"))),
    }
}
