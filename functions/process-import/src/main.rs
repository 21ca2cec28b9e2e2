//! Cold start of the process-import function.

use aws::{Aws, config, logs};
use chrono::{DateTime, Utc};
use imports::telemetry::{self, Telemetry};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use process_import::{Unreleased, Worker};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let worker = &Worker {
        imports: aws.import_table()?,
        records: aws.record_table()?,
        files: aws.file_bucket()?,
        queue: aws.import_queue()?,
        events: aws.event_bus()?,
        retention: config::import_retention()?,
        clock: Utc::now,
        beside: |task| task,
        unreleased: Unreleased::default(),
        telemetry: Telemetry::new(config::stack()?, telemetry::print),
    };
    let handle = |LambdaEvent { payload, context }: LambdaEvent<Value>| async move {
        // What does not fit is not quoted: the runtime logs this error.
        let event = serde_json::from_value(payload).map_err(|_| "the event is not one of SQS")?;
        Ok::<_, Error>(Box::pin(worker.handle(event, DateTime::<Utc>::from(context.deadline()))).await?)
    };
    // Boxed: the state of an import is large, and would be moved about on the stack.
    Box::pin(lambda_runtime::run(service_fn(handle))).await
}
