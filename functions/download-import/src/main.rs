//! Cold start of the download-import function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (imports, files) = (aws.import_table()?, aws.file_bucket()?);
    let handle = async |call| download_import::handle(&imports, &files, Utc::now(), &call).await;
    gateway::serve(config::api()?, handle).await
}
