//! The local AWS in weathers that AWS has and it has not: permissions that are denied in the midst of it, services that are out.

mod brown_out;
mod denied;
mod loops;
mod manners;

use std::time::Duration;

use aws::ImportTable;
use chrono::Utc;
use imports::{
    import::{Import, ImportId},
    ports::Imports,
};
use records::StoreId;

use crate::world::World;

/// Looks at a job past the proxy, whatever the weather.
async fn job(world: &World, id: &str) -> Import {
    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let imports = ImportTable::new(client, world.stack.imports_table().to_owned());
    let store = StoreId::from_configuration(&world.store).unwrap();
    imports.get(&store, ImportId::parse(id).unwrap(), Utc::now()).await.unwrap().unwrap()
}

/// How many attempts a job has used up.
async fn attempts(world: &World, id: &str) -> String {
    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let call = client.get_item().table_name(world.stack.imports_table());
    let text = |text: String| aws_sdk_dynamodb::types::AttributeValue::S(text);
    let call = call.key("pk", text(world.store.clone())).key("sk", text(format!("import#{id}")));
    call.send().await.unwrap().item.unwrap()["attempt"].as_n().unwrap().clone()
}

/// Waits, past the proxy, until a job has ended.
async fn ended(world: &World, id: &str) -> Import {
    world
        .wait(&format!("end of {id}"), Duration::from_mins(3), async || {
            Some(job(world, id).await).filter(|job| job.status.is_terminal())
        })
        .await
}

fn product(name: &str) -> String {
    format!("{{\"type\":\"subscription_product\",\"external_ref\":\"{name}\",\"name\":\"Tea\"}}\n")
}
