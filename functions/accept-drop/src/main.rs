//! Cold start of the accept-drop function.

use aws::{Aws, config, logs};
use chrono::Utc;
use imports::telemetry::{self, Telemetry};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (files, imports, queue) = (&aws.file_bucket()?, &aws.import_table()?, &aws.import_queue()?);
    let telemetry = &Telemetry::new(config::stack()?, telemetry::print);
    let handle =
        |event: LambdaEvent<Value>| accept_drop::handle(files, imports, queue, telemetry, Utc::now, event.payload);
    lambda_runtime::run(service_fn(handle)).await
}
