//! Cold start of the create-import function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;
use imports::import::ImportId;
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (files, imports, queue) = (aws.file_bucket()?, aws.import_table()?, aws.import_queue()?);
    let handle = async |call| {
        let id = ImportId::new(Uuid::new_v4());
        create_import::handle(&files, &imports, &queue, Utc::now, id, call).await
    };
    gateway::serve(config::api()?, handle).await
}
