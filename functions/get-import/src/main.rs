//! Cold start of the get-import function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let (imports, seats) = (Aws::from_environment().import_table()?, config::waiting_calls()?);
    gateway::serve(config::api()?, async |call| get_import::handle(&imports, seats, Utc::now, &call).await).await
}
