//! DynamoDB in memory, and between it and its clients the weather. Time is tokio's: where that is paused, nothing that is
//! measured depends on the machine.

use std::{
    fmt, mem,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws::ImportTable;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{
        BehaviorVersion, Region,
        retry::{RetryConfig, RetryPartition, TokenBucket},
    },
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use chrono::{DateTime, Utc};
use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use twins::manners::{Contention, Figures, Limits, Manners, Verdict};

const TABLE: &str = "imports";

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Weather {
    /// Transactions hold their items for so long, in milliseconds, and others over them are refused.
    pub(crate) hold: Option<u64>,
    /// Besides, a partition takes a thousand write units a second, a table four thousand.
    pub(crate) limits: bool,
}

/// A database with an empty table of jobs.
#[derive(Clone)]
pub(crate) struct Dynamo(Arc<Shared>);

struct Shared {
    database: Database,
    manners: Option<Mutex<Manners>>,
    /// How long the next transaction is on its way.
    delay: Mutex<Duration>,
    /// Told of every request and its answer, if somebody listens.
    log: Option<mpsc::UnboundedSender<(String, Value)>>,
}

impl Dynamo {
    pub(crate) fn new(weather: Weather) -> Self {
        Self::logged(weather, None)
    }

    pub(crate) fn logged(weather: Weather, log: Option<mpsc::UnboundedSender<(String, Value)>>) -> Self {
        let database = Database::memory().unwrap();
        let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let table = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [attribute("pk", "S"), attribute("sk", "S"), attribute("position", "N")],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "LocalSecondaryIndexes": [{
                "IndexName": "by_position",
                "KeySchema": [key("pk", "HASH"), key("position", "RANGE")],
                "Projection": {"ProjectionType": "ALL"},
            }],
        });
        execute(&database, "CreateTable", table).unwrap();
        let manners = weather.hold.map(|hold| {
            let contention = Some(Contention::new(hold..=hold));
            Mutex::new(Manners { contention, limits: weather.limits.then(Limits::default), ..Manners::default() })
        });
        Self(Arc::new(Shared { database, manners, delay: Mutex::default(), log }))
    }

    /// The adapter of a function's instance, tried again and timed out as in production.
    pub(crate) fn table(&self) -> ImportTable {
        let connector = SharedHttpConnector::new(self.clone());
        // Each instance is a process of its own: in one, they would use up each other's tries.
        let tries = RetryPartition::custom("an instance").token_bucket(TokenBucket::default()).build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .region(Region::new("us-east-1"))
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .retry_partition(tries)
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        ImportTable::new(Client::from_conf(config), TABLE.to_owned())
    }

    pub(crate) fn delay_transaction(&self, delay: Duration) {
        *self.0.delay.lock().unwrap() = delay;
    }

    /// Deletes the jobs that have expired, as the database does in time.
    pub(crate) fn sweep(&self, now: DateTime<Utc>) {
        let expired = json!({
            "TableName": TABLE,
            "FilterExpression": "expires_at <= :now AND begins_with(sk, :job)",
            "ExpressionAttributeValues": {":now": {"N": now.timestamp().to_string()}, ":job": {"S": "import#"}},
        });
        let found = execute(&self.0.database, "Scan", expired).unwrap();
        assert_eq!(found.get("LastEvaluatedKey"), None, "more than a page of jobs");
        for item in found["Items"].as_array().unwrap() {
            let key = json!({"TableName": TABLE, "Key": {"pk": item["pk"], "sk": item["sk"]}});
            execute(&self.0.database, "DeleteItem", key).unwrap();
        }
    }

    /// What became of requests that the weather did not let through.
    pub(crate) fn figures(&self) -> Figures {
        self.0.manners.as_ref().map_or_else(Figures::default, |manners| manners.lock().unwrap().figures)
    }

    /// How many write units the busiest partition has used.
    pub(crate) fn used(&self) -> f64 {
        let used = |manners: &Mutex<Manners>| manners.lock().unwrap().limits.as_ref().map(Limits::most_used);
        self.0.manners.as_ref().and_then(used).unwrap_or_default()
    }

    async fn answer(self, operation: String, body: Value) -> (u16, String) {
        let Shared { database, manners, delay, log } = &*self.0;
        if operation == "TransactWriteItems" {
            let delay = mem::take(&mut *delay.lock().unwrap());
            sleep(delay).await;
        }
        if let Some(manners) = manners {
            sleep(Duration::from_millis(fastrand::u64(5..=20))).await;
            let verdict = manners.lock().unwrap().judge(&operation, &body, Instant::now());
            match verdict {
                Verdict::Done(until) => sleep_until(until).await,
                Verdict::Refused(refusal) => return (400, refusal.to_string()),
                Verdict::InPart { .. } => panic!("no job is written in a batch"),
            }
        }
        match execute(database, &operation, body) {
            Ok(answer) => {
                if let Some(log) = log {
                    log.send((operation, answer.clone())).unwrap();
                }
                (200, answer.to_string())
            }
            Err(error) => (400, error.to_json()),
        }
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynamo")
    }
}

impl HttpConnector for Dynamo {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let answer = self.clone().answer(operation, body);
        HttpConnectorFuture::new(async move {
            let (status, body) = answer.await;
            Ok(HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body)))
        })
    }
}

/// Does what a request asks for, in DynamoDB's JSON.
fn execute(database: &Database, operation: &str, mut body: Value) -> Result<Value, DynoxideError> {
    body["ReturnConsumedCapacity"] = json!("TOTAL");
    macro_rules! call {
        ($call:ident) => {
            serde_json::to_value(database.$call(serde_json::from_value(body).unwrap())?).unwrap()
        };
    }
    Ok(match operation {
        "BatchGetItem" => call!(batch_get_item),
        "CreateTable" => call!(create_table),
        "DeleteItem" => call!(delete_item),
        "GetItem" => call!(get_item),
        "Query" => call!(query),
        "Scan" => call!(scan),
        "TransactWriteItems" => call!(transact_write_items),
        "UpdateItem" => call!(update_item),
        other => panic!("no job needs {other}"),
    })
}
