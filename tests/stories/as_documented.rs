//! What the documents have to be copied from, done as it stands there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::world::{IMPORTS, ROOT, World, gzip, rows, sum};

fn read(document: &str) -> String {
    fs::read_to_string(format!("{ROOT}/{document}")).unwrap()
}

/// The blocks of a language that a document's text has.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opened = format!("```{language}\n");
    text.split(&opened).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_to_start_from_import_as_they_are() {
    let world = World::shared().await;
    let document = read("docs/lines.md");
    let lines = blocks(&document, "json").concat();
    assert_eq!(lines.lines().count(), 8);
    let job = world.post(lines, &[("unknown", "refuse")]).await.expect(201);
    let job = world.ended(job["data"]["id"].as_str().unwrap()).await;
    assert_eq!(job["meta"]["errors"], 0, "{:#?}", world.errors(job["id"].as_str().unwrap()).await);
    let imported = &job["meta"]["records"]["imported"];
    let (one, two) = (json!(1), json!(2));
    for (kind, count) in imported.as_object().unwrap() {
        let of_both = ["subscription_offering", "subscription"].contains(&kind.as_str());
        assert_eq!(count, if of_both { &two } else { &one }, "{kind}");
    }
}

/// Runs commands with what `up` prints, and gives what they show. They have a minute.
fn shell(world: &World, folder: &Path, commands: &str) -> Vec<u8> {
    let run = Command::new("timeout")
        .args(["60", "bash", "-euc", commands])
        .current_dir(folder)
        .env("AUTH", format!("Authorization: Bearer {}", world.stack.token(&world.store, 3600).unwrap()))
        .env("IMPORTS", format!("{}{IMPORTS}", world.stack.endpoint_url()))
        .output()
        .unwrap();
    assert!(run.status.success(), "{commands}: {}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

/// A line of which something is wrong, mended as somebody would who reads what.
fn mended(why: &Value, line: &str) -> String {
    if why.get("blocked_by").is_some() {
        return line.to_owned();
    }
    // Others wait for a line with this name.
    let named = line.replace("\"name\":\"No\"", "\"name\":\"Number\"");
    if named == line { "{\"type\":\"subscription_product\",\"name\":\"Written anew\"}".to_owned() } else { named }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_lines_with_a_hundred_faults_get_through_by_the_commands_of_the_readme() {
    let world = World::shared().await;
    let readme = read("README.md");
    let recipe = readme.split("\n## ").find(|section| section.starts_with("Mend and resend\n")).unwrap();
    let [made, fetch, resend] = blocks(recipe, "sh")[..] else { panic!("{recipe}") };
    assert_eq!(made, "cargo run -p local -- generate 300 --bad 100 -o bad.jsonl\n");
    let reasons = recipe.split('`').find(|code| code.starts_with("curl -g")).unwrap();
    assert_eq!(fetch.lines().chain(resend.lines()).count(), 4, "four commands: {fetch}{resend}");

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mend-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut bad = Vec::new();
    samples::generate(300, 1, 100, &mut bad).unwrap();
    fs::write(folder.join("bad.jsonl"), &bad).unwrap();
    let shell = |commands: &str| shell(&world, &folder, commands);

    // A call that is refused has no job to wait for.
    let refused = shell(&fetch.replace("@bad.jsonl", "@bad.jsonl -F dryrum=true"));
    assert!(String::from_utf8_lossy(&refused).contains("write \\\"dry_run\\\""));

    // After the job, which the first command shows.
    let shown = shell(&format!("{fetch}{reasons}"));
    let shown = serde_json::Deserializer::from_slice(&shown).into_iter::<Value>().last().unwrap().unwrap();
    assert_eq!(shown["data"].as_array().unwrap().len(), 100, "a page of reasons");
    let why = rows(&fs::read(folder.join("why.jsonl")).unwrap());
    let mend = fs::read(folder.join("mend.jsonl")).unwrap();
    let mend: Vec<_> = String::from_utf8_lossy(&mend).lines().map(str::to_owned).collect();
    assert_eq!((why.len(), mend.len()), (100, 100));
    assert!(why.iter().zip(&mend).all(|(why, line)| line.starts_with(&why["text"].as_str().unwrap()[..1])));
    assert!(why.iter().filter(|why| why.get("blocked_by").is_some()).count() > 1);
    let lines: Vec<_> = why.iter().zip(&mend).map(|(why, line)| mended(why, line)).collect();
    fs::write(folder.join("mend.jsonl"), lines.join("\n")).unwrap();

    let job: Value = serde_json::from_slice(&shell(resend)).unwrap();
    let job = world.ended(job["data"]["id"].as_str().unwrap()).await;
    assert_eq!(job["meta"]["errors"], 0, "{:#?}", world.errors(job["id"].as_str().unwrap()).await);
    assert_eq!((sum(&job, "imported"), world.objects().await.len()), (100, 300));
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_sent_and_a_refused_upload_says_why_by_the_commands_of_the_api_s_document() {
    let world = World::shared().await.neighbour();
    let document = read("docs/api.md");
    let commands = blocks(&document, "bash").into_iter().find(|block| block.contains("/uploads")).unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("large-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut file = Vec::new();
    samples::generate(300, 1, 0, &mut file).unwrap();
    fs::write(folder.join("big.jsonl.gz"), gzip(&file)).unwrap();
    let shell = |commands: &str| String::from_utf8(shell(&world, &folder, commands)).unwrap();
    let refused = shell(&commands.replace("\"external_ref\":\"catalogue\"", "\"on_conflict\":\"replace\""));
    assert!(refused.contains("on_conflict"), "{refused}");
    let shown = shell(commands);
    let job: Value = serde_json::from_str(&shown[shown.find("{\"data\"").unwrap()..]).unwrap();
    let job = world.ended(job["data"]["id"].as_str().unwrap()).await;
    assert_eq!((sum(&job, "imported"), world.all(IMPORTS, 10).await.len()), (300, 1));
    fs::remove_dir_all(folder).unwrap();
}
