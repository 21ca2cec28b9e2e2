//! Cold start of the create-upload function.

use aws::{Aws, config, gateway, logs};
use chrono::Utc;
use imports::import::ImportId;
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gateway::Error> {
    logs::start(module_path!());
    let aws = Aws::from_environment();
    let (forms, uploads, time) = (aws.upload_forms()?, aws.import_table()?, config::upload_time()?);
    let handle = async |call| {
        let id = ImportId::new(Uuid::new_v4());
        create_upload::handle(&forms, &uploads, time, Utc::now(), id, &call).await
    };
    gateway::serve(config::api()?, handle).await
}
