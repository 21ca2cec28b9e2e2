//! Cold start of the list-imports function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let imports = Aws::from_environment().import_table()?;
    gateway::serve(config::api()?, async |call| list_imports::handle(&imports, Utc::now(), &call).await).await
}
