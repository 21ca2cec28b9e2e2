//! One file sent with `curl`, with the client made from `openapi.yaml`, and with `imports`.

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{
    command::Person,
    generated_client::made,
    world::{IMPORTS, ROOT, World},
};

/// What a job is, but for what each has of its own: its id, its times.
async fn essence(world: &World, id: &str) -> Value {
    let mut job = world.ended(id).await;
    job["meta"].as_object_mut().unwrap().remove("timestamps").unwrap();
    json!({"attributes": job["attributes"], "meta": job["meta"], "errors": world.errors(id).await})
}

fn printed(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_a_generated_client_and_the_command_make_the_same_job() {
    let file = fs::canonicalize(format!("{ROOT}/events/sample.jsonl")).unwrap().display().to_string();
    let shared = World::shared().await;

    let curl = shared.neighbour();
    let token = curl.stack.token(&curl.store, 3600).unwrap();
    let words = ["-sS", "--fail-with-body", "-F", "external_ref=same", "-F", "on_conflict=skip"];
    let mut command = Command::new("curl");
    command.args(words).args(["-F", &format!("import_file=@{file}"), "-H", &format!("Authorization: Bearer {token}")]);
    let answer = printed(command.arg(format!("{}{IMPORTS}", curl.stack.api_url())).output().unwrap());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let by_curl = essence(&curl, answer["data"]["id"].as_str().unwrap()).await;

    let client = shared.neighbour();
    let mut program = made().run("send.ts");
    program.env("API_URL", client.stack.endpoint_url()).env("FILE", &file);
    let id = printed(program.env("API_TOKEN", client.stack.token(&client.store, 3600).unwrap()).output().unwrap());
    assert_eq!(essence(&client, &id).await, by_curl);

    let command = shared.neighbour();
    let person = Person::of(&command);
    person.file("sample.jsonl", fs::read(&file).unwrap());
    let document = person.document(1, "run sample.jsonl --send-anyway --external-ref same --on-conflict skip");
    assert_eq!(essence(&command, document["job"]["id"].as_str().unwrap()).await, by_curl);
}
