//! Cold start of the cancel-import function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;
use imports::telemetry::{self, Telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (imports, files) = (aws.import_table()?, aws.file_bucket()?);
    let retention = config::import_retention()?;
    let telemetry = Telemetry::new(config::stack()?, telemetry::print);
    // Boxed: the future holds a report writer, which is too large to be moved on the stack.
    let handle =
        async |call| Box::pin(cancel_import::handle(&imports, &files, Utc::now, retention, &telemetry, &call)).await;
    gateway::serve(config::api()?, handle).await
}
