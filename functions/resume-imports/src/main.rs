//! Cold start of the resume-imports function.

use aws::{Aws, config, logs};
use chrono::Utc;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (files, imports, queue) = (&aws.file_bucket()?, &aws.import_table()?, &aws.import_queue()?);
    let events = &aws.event_bus()?;
    let retention = config::import_retention()?;
    let handle = |_: LambdaEvent<Value>| resume_imports::handle(files, imports, queue, events, Utc::now, retention);
    lambda_runtime::run(service_fn(handle)).await
}
