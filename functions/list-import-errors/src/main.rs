//! Cold start of the list-import-errors function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (imports, files) = (aws.import_table()?, aws.file_bucket()?);
    let handle = async |call| list_import_errors::handle(&imports, &files, Utc::now(), &call).await;
    gateway::serve(config::api()?, handle).await
}
