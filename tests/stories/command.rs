//! The command `imports`, as its users type it, on the deployed service.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    contract::judge,
    generated_client::made,
    root::feed_worker,
    world::{IMPORTS, PATIENCE, ROOT, World, sum},
};

/// The command, built as it stands.
fn built() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        // With `local` among them Cargo resolves the features that the tests were built with.
        let words = ["build", "--quiet", "--package", "local", "--package", "cli", "--bin", "imports"];
        assert!(Command::new(cargo).args(words).current_dir(ROOT).status().unwrap().success());
        // Beside this test, a folder up.
        let binary = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("imports");
        assert!(binary.is_file(), "{}", binary.display());
        binary
    })
}

/// A person with a folder of their own, at a store.
pub(crate) struct Person {
    folder: PathBuf,
    api: String,
    token: String,
}

impl Person {
    pub(crate) fn of(world: &World) -> Self {
        let folder =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("person-{}-{}", world.store, world.stack.pid()));
        fs::create_dir_all(&folder).unwrap();
        Self { folder, api: world.stack.endpoint_url(), token: world.stack.token(&world.store, 3600).unwrap() }
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(built());
        command.args(words.split_whitespace()).current_dir(&self.folder).env_clear().env("HOME", &self.folder);
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("IMPORTS_API", &self.api).env("IMPORTS_TOKEN", &self.token);
        command
    }

    fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a command that has to end so, and gives its answer.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, words: &str) -> String {
        answer(code, &self.run(words))
    }

    /// The same, as the one document that `--json` prints.
    #[track_caller]
    pub(crate) fn document(&self, code: i32, words: &str) -> Value {
        let document: Value = serde_json::from_str(&self.expect(code, &format!("{words} --json"))).unwrap();
        assert_eq!(document["exit"], code, "{document:#}");
        document
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[track_caller]
fn answer(code: i32, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_told_as_the_readme_shows_by_a_local_service_that_is_found() {
    let world = World::shared().await.neighbour();
    let person = Person::of(&world);
    fs::create_dir_all(person.folder.join("target/local")).unwrap();
    fs::create_dir_all(person.folder.join("events")).unwrap();
    let stack = json!({"api_url": person.api, "token": person.token}).to_string();
    person.file("target/local/stack.json", stack);
    fs::copy(format!("{ROOT}/events/sample.jsonl"), person.folder.join("events/sample.jsonl")).unwrap();
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with("The command\n")).unwrap();
    assert!(section.contains("imports --local run events/sample.jsonl\n```"), "{section}");
    let shown: Vec<_> = section.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [unsent, sent] = shown[..] else { panic!("{section}") };

    let run = |words: &str| {
        let mut command = person.command(words);
        answer(1, &command.env_remove("IMPORTS_API").env_remove("IMPORTS_TOKEN").output().unwrap())
    };
    check_told(unsent, &run("--local run events/sample.jsonl"));
    assert_eq!(world.all(IMPORTS, 10).await.len(), 0);
    let told = run("--local run events/sample.jsonl --send-anyway");
    let id = world.all(IMPORTS, 10).await[0]["id"].as_str().unwrap().to_owned();
    check_told(sent, &told.replace(&id, "0f4c6c0e-…").replace(&id[..8], "0f4c6c0e"));
}

/// Finds what a document shows in what is told, from its last words back. Three dots stand for lines left out.
fn check_told(shown: &str, told: &str) {
    let mut rest = told;
    for part in shown.split("…\n").filter(|part| !part.is_empty()).collect::<Vec<_>>().into_iter().rev() {
        let place = rest.rfind(part).unwrap_or_else(|| panic!("it is shown:\n{part}\nand told:\n{told}"));
        assert!(rest.len() < told.len() || rest[place..] == *part, "the last words are shown: {told}");
        rest = &rest[..place];
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ends_of_real_jobs_have_their_exit_codes() {
    let world = World::shared().await.neighbour();
    let person = Person::of(&world);
    let good = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\n";
    person.file("good.jsonl", good);
    person.file(
        "mixed.jsonl",
        format!("{}{{\"type\":\"subscription_product\",\"name\":\"No\"}}\n", good.replace("tea", "mint")),
    );
    assert!(person.expect(0, "run good.jsonl --dry-run").trim_end().ends_with("imports run good.jsonl"));
    let first = person.document(0, "run good.jsonl");
    // The same job as by a call.
    let called = world.import(first["job"]["id"].as_str().unwrap()).await;
    assert_eq!(called["meta"]["records"], first["job"]["meta"]["records"]);
    assert_eq!(person.document(5, "run good.jsonl")["job"]["meta"]["failure"]["code"], "nothing_imported");
    person.expect(0, "run good.jsonl --on-conflict skip");

    assert!(!person.expect(1, "run mixed.jsonl").contains("success"));
    assert_eq!(world.all(IMPORTS, 10).await.len(), 4, "what can't be good is not sent");
    let kept = person.expect(1, "run mixed.jsonl --send-anyway --failed rest.jsonl");
    assert_eq!(kept.lines().last(), Some("  imports run rest.jsonl --failed rest.jsonl"), "{kept}");
    let rest = fs::read_to_string(person.folder.join("rest.jsonl")).unwrap();
    assert_eq!(rest, "{\"type\":\"subscription_product\",\"name\":\"No\"}\n");
    person.file("rest.jsonl", rest.replace("No", "Number"));
    person.expect(0, "run rest.jsonl --failed rest.jsonl");

    assert_eq!(person.document(0, "list --status failed")["jobs"].as_array().unwrap().len(), 1);
    person.expect(2, "show 00000000-0000-4000-8000-000000000000");
    let stranger = person.command("list").env("IMPORTS_TOKEN", world.stack.token("", 3600).unwrap()).output().unwrap();
    answer(4, &stranger);
    let late = world.stack.token(&world.store, -60).unwrap();
    let refused = person.command("list").env("IMPORTS_TOKEN", &late).output().unwrap();
    answer(4, &refused);
    assert!(!String::from_utf8_lossy(&refused.stderr).contains(&late));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_no_call_carries_is_uploaded() {
    let world = World::shared().await.neighbour();
    let person = Person::of(&world);
    person.file("large.jsonl", crate::uploads::noise(10_000));
    let job = person.document(0, "run large.jsonl --external-ref large")["job"].clone();
    assert_eq!((sum(&job, "imported"), &job["attributes"]["external_ref"]), (10_000, &json!("large")));
    assert_eq!(world.all(IMPORTS, 10).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_outlives_the_wait_an_interrupt_and_its_token() {
    let world = World::own().await;
    let person = Person::of(&world);
    person.file("good.jsonl", "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n");
    feed_worker(&world.stack, false).await;
    let told = person.expect(6, "run good.jsonl --wait 1s");
    let id = person.document(6, "show")["job"]["id"].as_str().unwrap().to_owned();
    assert_eq!(told.lines().last().unwrap(), format!("  imports watch {}", &id[..8]));

    let child = person.command("watch").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    answer(130, &child.wait_with_output().unwrap());

    let cancelled = person.expect(0, "run good.jsonl --async");
    assert!(cancelled.contains("imports watch"), "{cancelled}");
    person.expect(0, "cancel");
    assert_eq!(person.document(5, "watch")["job"]["meta"]["failure"]["code"], "cancelled");

    // The first token lives for some seconds, and the job goes on for longer.
    let command = "cat token; cat later > token";
    person.file("token", world.stack.token(&world.store, 3).unwrap());
    person.file("later", &person.token);
    answer(0, &person.command("config set --token-command").args([command, "--api", &person.api]).output().unwrap());
    let mut watch = person.command(&format!("watch {id}"));
    let watch =
        watch.env_remove("IMPORTS_TOKEN").env_remove("IMPORTS_API").stdout(Stdio::piped()).stderr(Stdio::piped());
    let (child, began) = (watch.spawn().unwrap(), Instant::now());
    tokio::time::sleep(Duration::from_secs(5)).await;
    feed_worker(&world.stack, true).await;
    answer(0, &child.wait_with_output().unwrap());
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(fs::read_to_string(person.folder.join("token")).unwrap(), person.token, "the second token was fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_signed_where_the_service_wants_that() {
    let world = World::with_parameters(&[("JwtIssuer", ""), ("JwtAudience", "")]).await;
    let person = Person::of(&world);
    person.file("good.jsonl", "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n");
    let set = format!("config set --api {} --sigv4 {}", person.api, world.stack.region());
    person.expect(0, &set);
    let (key, secret) = world.stack.credentials();
    let signed = |words: &str| {
        let mut command = person.command(words);
        command.env_remove("IMPORTS_TOKEN").env_remove("IMPORTS_API");
        command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret).output().unwrap()
    };
    answer(0, &signed("run good.jsonl --external-ref a&b --json"));
    let listed: Value = serde_json::from_str(&answer(0, &signed("list --external-ref a&b --json"))).unwrap();
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!(sum(&listed["jobs"][0], "imported"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_check_says_as_sarif_is_as_its_published_schema_has_it() {
    let world = World::shared().await.neighbour();
    let person = Person::of(&world);
    fs::copy(format!("{ROOT}/events/sample.jsonl"), person.folder.join("sample.jsonl")).unwrap();
    let sarif = |code: i32, files: &str| -> Value {
        serde_json::from_str(&person.expect(code, &format!("check {files} --format sarif"))).unwrap()
    };
    let found = sarif(1, "sample.jsonl");
    assert!(found["runs"][0]["results"].as_array().unwrap().len() > 9, "{found:#}");
    let mut without = found.clone();
    without["runs"][0]["results"][0].as_object_mut().unwrap().remove("message");
    let published = made().file("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    let mut schema: Value = serde_json::from_slice(&fs::read(published).unwrap()).unwrap();
    // No regular expression: it closes a bracket that it does not open.
    for of in ["run", "toolComponent"] {
        let language = schema["definitions"][of]["properties"]["language"].as_object_mut().unwrap();
        language.remove("pattern").unwrap();
    }
    person.file("schema.json", schema.to_string());
    let schema: &str = Box::leak(person.folder.join("schema.json").display().to_string().into_boxed_str());
    let logs = [(found, true), (sarif(3, "sample.jsonl missing.jsonl"), true), (without, false)];
    judge("sarif", logs.into_iter().map(|(log, good)| (schema, log, good)));
}
