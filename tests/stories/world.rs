//! A world for each story: a stack, a store of its own in it, and hands to act with.

use std::{
    collections::{BTreeSet, HashMap},
    io::Write,
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::AttributeValue;
use flate2::{Compression, write::GzEncoder};
pub(crate) use imports::api::IMPORTS_PATH as IMPORTS;
use local::{Options, Stack};
use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::Value;
use tokio::sync::OnceCell;

/// The project's folder, as seen from the package's folder, in which Cargo runs its tests.
pub(crate) const ROOT: &str = "..";

/// How long to wait for what takes seconds: a machine may be busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A store in a stack, and a client that acts for it.
pub(crate) struct World {
    pub(crate) stack: Arc<Stack>,
    pub(crate) store: String,
    http: reqwest::Client,
    token: String,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }
}

impl World {
    /// A fresh store in the stack that all stories share.
    pub(crate) async fn shared() -> Self {
        static STACK: OnceCell<Arc<Stack>> = OnceCell::const_new();
        let stack = STACK.get_or_init(async || Arc::new(start().await)).await;
        Self::in_stack(Arc::clone(stack))
    }

    /// A stack of its own, for a story that needs the lane to itself.
    pub(crate) async fn own() -> Self {
        Self::in_stack(Arc::new(start().await))
    }

    /// A stack of its own, deployed with these parameters.
    pub(crate) async fn with_parameters(parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = Options { quiet: true, parameters, ..Options::default() };
        Self::in_stack(Arc::new(start_with(options).await))
    }

    /// A stack of its own, started like this.
    pub(crate) async fn with_options(options: Options) -> Self {
        Self::in_stack(Arc::new(start_with(Options { quiet: true, ..options }).await))
    }

    /// A stack of its own that notes every decision over a permission, and the file it notes them in.
    pub(crate) async fn noting() -> (Self, PathBuf) {
        let noted = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("decisions-{}.jsonl", std::process::id()));
        std::fs::write(&noted, "").unwrap();
        let options = Options { decisions: Some(noted.clone()), ..Options::default() };
        (Self::with_options(options).await, noted)
    }

    /// Another store in the same stack.
    pub(crate) fn neighbour(&self) -> Self {
        Self::in_stack(Arc::clone(&self.stack))
    }

    fn in_stack(stack: Arc<Stack>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let store = format!("store-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let token = stack.token(&store, 3600).unwrap();
        let http = stack.http_client().unwrap();
        Self { stack, store, http, token }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        // A list's links are absolute.
        let url = if path.starts_with("http") { path.to_owned() } else { self.stack.api_url() + path };
        self.http.request(method, url)
    }

    /// Asks as a client does: what could not be done in time is asked for again.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        for _ in 0..5 {
            let answer = send(self.request(Method::GET, path)).await;
            if answer.status != 503 {
                return answer;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        send(self.request(Method::GET, path)).await
    }

    /// A call that posts a file as the part `import_file`, with further text parts.
    pub(crate) fn posting(&self, file: impl Into<Vec<u8>>, texts: &[(&'static str, &str)]) -> RequestBuilder {
        let part = Part::bytes(file.into()).file_name("import.jsonl");
        let form = texts
            .iter()
            .fold(Form::new().part("import_file", part), |form, (name, text)| form.text(*name, (*text).to_owned()));
        self.request(Method::POST, IMPORTS).multipart(form)
    }

    pub(crate) async fn post(&self, file: impl Into<Vec<u8>>, texts: &[(&'static str, &str)]) -> Answer {
        send(self.posting(file, texts)).await
    }

    /// Posts a file and answers the id of its job.
    pub(crate) async fn submit(&self, file: impl Into<Vec<u8>>) -> String {
        let import = self.post(file, &[]).await.expect(201);
        import["data"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn import(&self, id: &str) -> Value {
        self.get(&format!("{IMPORTS}/{id}")).await.expect(200)["data"].clone()
    }

    /// Waits until a job has ended.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        self.ended_within(id, PATIENCE).await
    }

    pub(crate) async fn ended_within(&self, id: &str, time: Duration) -> Value {
        self.wait(&format!("end of the job {id}"), time, async || {
            let import = self.import(id).await;
            matches!(import["attributes"]["status"].as_str(), Some("success" | "failed")).then_some(import)
        })
        .await
    }

    /// Looks until something is there: soon again at first, then less often.
    pub(crate) async fn wait<T>(&self, what: &str, time: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let (began, mut pause) = (Instant::now(), Duration::from_millis(50));
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(began.elapsed() < time, "there is no {what}; log: {}", self.stack.log().display());
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(Duration::from_millis(500));
        }
    }

    /// Posts a file and waits until its job has ended.
    pub(crate) async fn run(&self, file: impl Into<Vec<u8>>) -> Value {
        let id = self.submit(file).await;
        self.ended(&id).await
    }

    /// All entries of a list, page after page.
    pub(crate) async fn all(&self, path: &str, limit: u32) -> Vec<Value> {
        let mut next = Some(format!("{path}?page[limit]={limit}"));
        let mut all = Vec::new();
        while let Some(path) = next {
            let page = self.get(&path).await.expect(200);
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            next = page["links"]["next"].as_str().map(str::to_owned);
        }
        all
    }

    /// The error rows of a job as (line, code, field).
    pub(crate) async fn errors(&self, id: &str) -> Vec<(u64, String, String)> {
        let rows = self.all(&format!("{IMPORTS}/{id}/errors"), 100).await;
        let text = |row: &Value, name: &str| row["meta"][name].as_str().unwrap().to_owned();
        rows.iter()
            .map(|row| (row["meta"]["line_number"].as_u64().unwrap(), text(row, "code"), text(row, "field")))
            .collect()
    }

    /// Fetches what a job hands out (`results`, `failed-lines`) as a stranger would who was given the address.
    pub(crate) async fn download(&self, id: &str, file: &str) -> Vec<u8> {
        let answer = self.get(&format!("{IMPORTS}/{id}/{file}")).await;
        assert_eq!(answer.status, 307, "{:#}", answer.body);
        let link = answer.headers["location"].to_str().unwrap();
        assert_eq!(answer.body["links"]["download"], link);
        // A stranger has no connection yet, which might just be lost.
        let response = reqwest::get(link).await.unwrap().error_for_status().unwrap();
        response.bytes().await.unwrap().to_vec()
    }

    /// The results of a job, line by line.
    pub(crate) async fn results(&self, id: &str) -> Vec<Value> {
        rows(&self.download(id, "results").await)
    }

    /// Every object of this store, as the database holds it.
    pub(crate) async fn objects(&self) -> Vec<HashMap<String, AttributeValue>> {
        let mut objects = self.all_objects().await;
        objects.retain(|object| object["store"].as_s() == Ok(&self.store));
        objects
    }

    /// Every object of every store in this stack.
    pub(crate) async fn all_objects(&self) -> Vec<HashMap<String, AttributeValue>> {
        let client = aws_sdk_dynamodb::Client::new(&self.stack.sdk_config());
        let scan = client.scan().table_name(self.stack.objects_table()).into_paginator().items().send();
        scan.collect::<Result<Vec<_>, _>>().await.unwrap()
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.stack.sdk_config()).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Puts an object into the bucket, with metadata, and tells its version.
    pub(crate) async fn put(&self, key: &str, file: impl Into<Vec<u8>>, metadata: &[(&str, &str)]) -> String {
        let metadata = metadata.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let call = self.s3().put_object().bucket(self.stack.bucket()).key(key).body(file.into().into());
        call.set_metadata(Some(metadata)).send().await.unwrap().version_id.unwrap()
    }

    /// Puts a file where partners drop theirs.
    pub(crate) async fn drop_file(&self, name: &str, file: impl Into<Vec<u8>>) {
        self.put(&format!("drops/{}/{name}", self.store), file, &[]).await;
    }

    /// Waits for the job that a drop becomes, by its name.
    pub(crate) async fn job_of_drop(&self, name: &str) -> String {
        self.wait(&format!("job of the drop {name}"), PATIENCE, async || {
            let imports = self.all(IMPORTS, 100).await;
            let job = imports.iter().find(|import| import["attributes"]["external_ref"] == name)?;
            Some(job["id"].as_str().unwrap().to_owned())
        })
        .await
    }
}

async fn start() -> Stack {
    start_with(Options { quiet: true, ..Options::default() }).await
}

async fn start_with(options: Options) -> Stack {
    Stack::start(options).await.unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}

/// Runs a program that has to end well; what it says is shown when the test fails.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
}

/// The documents of a JSONL file.
pub(crate) fn rows(file: &[u8]) -> Vec<Value> {
    let rows = file.split(|byte| *byte == b'\n').filter(|row| !row.is_empty());
    rows.map(|row| serde_json::from_slice(row).unwrap()).collect()
}

pub(crate) fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(file).unwrap();
    encoder.finish().unwrap()
}

/// The sum of one of a job's two counts.
pub(crate) fn sum(import: &Value, count: &str) -> u64 {
    import["meta"]["records"][count].as_object().unwrap().values().map(|number| number.as_u64().unwrap()).sum()
}

/// An object with everything the database holds of it.
pub(crate) fn whole(object: &HashMap<String, AttributeValue>) -> String {
    show_map(object, &[])
}

/// What an object is, without what differs from store to store and from job to job: ids, times, its line.
pub(crate) fn essence(object: &HashMap<String, AttributeValue>) -> String {
    // Ids of what has no name of its own come from its place.
    let ids = ["id", "offering_id", "plan_id", "pricing_option_id", "pricing_option_associations"];
    let times = ["store", "import_id", "line", "created_at", "updated_at"];
    show_map(object, &[&ids[..], &times].concat())
}

fn show_map(map: &HashMap<String, AttributeValue>, left_out: &[&str]) -> String {
    let kept = map.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
    let name = |name: &str| if uuid::Uuid::parse_str(name).is_ok() { "an id".to_owned() } else { name.to_owned() };
    let sorted: BTreeSet<_> = kept.map(|(key, value)| (name(key), show(value, left_out))).collect();
    format!("{sorted:?}")
}

fn show(value: &AttributeValue, left_out: &[&str]) -> String {
    match value {
        AttributeValue::M(map) => show_map(map, left_out),
        AttributeValue::L(list) => format!("{:?}", list.iter().map(|item| show(item, left_out)).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}
