//! Cold start of the list-imports function.

use chrono::Utc;
use shared::{aws::Aws, config, gateway, logs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let imports = Aws::from_environment().import_table()?;
    gateway::serve(config::api()?, async |call| list_imports::handle(&imports, Utc::now(), &call).await).await
}
