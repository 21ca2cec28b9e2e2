//! Cold start of the process-import function.

use aws_lambda_events::sqs::SqsEvent;
use chrono::{DateTime, Utc};
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use process_import::Worker;
use shared::{
    aws::Aws,
    config,
    telemetry::{self, Telemetry},
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let aws = Aws::from_environment();
    let worker = &Worker {
        imports: aws.import_table()?,
        records: aws.record_table()?,
        files: aws.file_bucket()?,
        queue: aws.import_queue()?,
        retention: chrono::TimeDelta::days(config::import_retention_days()?.into()),
        clock: Utc::now,
        telemetry: Telemetry::new(config::stack()?, telemetry::print),
    };
    let handle = |event: LambdaEvent<SqsEvent>| {
        let deadline = DateTime::<Utc>::from(event.context.deadline());
        let handled = Box::pin(worker.handle(event.payload, deadline));
        async move { Ok::<_, Error>(handled.await) }
    };
    // Boxed: the state of an import is large, and would be moved about on the stack.
    Box::pin(lambda_runtime::run(service_fn(handle))).await
}
