//! What callers and partners send stays where it belongs: a thousand canaries, each a name, an email, a token or a secret
//! of somebody's, go through every path while the functions log as much as they can, and are looked for everywhere else.

mod feed;
mod search;

use std::path::PathBuf;

use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use self::{
    feed::Canaries,
    search::{check_jobs, check_keys, check_letters, search_logs},
};
use crate::{
    gate::routes,
    permissions::roles::{Roles, Taken},
    root,
    world::{IMPORTS, PATIENCE, World, gzip, send},
};

/// How many canaries there are at least.
const COUNT: usize = 1_000;

/// Has every function log all that it can.
async fn log_everything(world: &World) {
    for function in root::functions(&world.stack).await {
        let mut variables = function.environment.clone();
        variables["RUST_LOG"] = json!("trace");
        variables["AWS_LAMBDA_LOG_LEVEL"] = json!("TRACE");
        root::configure(&world.stack, &function, &json!({"Environment": {"Variables": variables}})).await;
    }
}

/// A world that sends canaries, and looks at every answer that is an error.
struct Story {
    world: World,
    canaries: Canaries,
    refusals: usize,
}

impl Story {
    /// A call with a token that has a canary in it. The token itself is a secret.
    fn call(&mut self, method: Method, path: &str) -> RequestBuilder {
        let mut claims = self.world.stack.issuer().claims(&self.world.store);
        claims["sub"] = json!(self.canaries.email());
        let token = self.world.stack.issuer().signed(&claims).unwrap();
        self.canaries.secret(&token);
        let call = self.world.anonymous(method, path).bearer_auth(token);
        ["user-agent", "x-request-name", "referer", "cookie", "x-forwarded-for", "x-amz-meta-name"]
            .into_iter()
            .fold(call, |call, header| call.header(header, self.canaries.one()))
    }

    async fn send(&mut self, call: RequestBuilder) -> (u16, Value) {
        let answer = send(call).await;
        // An error names the field and the limit, and does not say again what was sent; but for where a filter can't be
        // read, which openapi.yaml promises to tell.
        if answer.status >= 400 {
            let mut body = answer.body.clone();
            if let Some(Value::Object(meta)) = body.pointer_mut("/errors/0/meta") {
                meta.remove("reason");
            }
            let text = format!("{:?} {body}", answer.headers);
            assert_eq!(self.canaries.aviary().found(&text), None, "{text}");
            self.refusals += 1;
        }
        (answer.status, answer.body)
    }

    async fn refused(&mut self, call: RequestBuilder) {
        let (status, body) = self.send(call).await;
        assert!(status >= 400, "{body}");
    }

    /// Calls of strangers on every route, and calls for jobs that are not there.
    async fn bother(&mut self) {
        for (method, path) in routes() {
            let token = format!("Bearer {}.{}.{}", self.canaries.one(), self.canaries.one(), self.canaries.one());
            let call = self.world.anonymous(method.clone(), &path.replace("{id}", &self.canaries.one()));
            self.refused(call.header("authorization", token)).await;
            let mut claims = self.world.stack.issuer().claims(&format!("{}/..", self.canaries.one()));
            claims["name"] = json!(self.canaries.email());
            let token = self.world.stack.issuer().signed(&claims).unwrap();
            let call = self.world.anonymous(method.clone(), &path.replace("{id}", &self.canaries.one()));
            self.refused(call.bearer_auth(token)).await;
            if path.contains("{id}") {
                let path = path.replace("{id}", &self.canaries.email());
                let call = self.call(method, &path);
                self.refused(call).await;
            }
        }
    }

    /// Calls that are wrong, each in its own way.
    async fn blunder(&mut self) {
        for query in [
            "page[limit]=@",
            "page[offset]=@",
            "filter=@",
            "filter=eq(status,@)",
            "filter=eq(@,a)",
            "filter=gt(created_at,@)",
            "filter=in(external_ref,@",
            "filer=eq(external_ref,@)",
            "external_ref=@",
            "status=@",
            "since=@",
            "limit=@",
            "page=@",
        ] {
            let query = self.canaries.fill(query);
            let call = self.call(Method::GET, &format!("{IMPORTS}?{query}"));
            self.refused(call).await;
        }
        let bodies = [
            "@",
            "{\"@\":\"@\"}",
            "{\"data\":\"@\"}",
            "{\"data\":{\"type\":\"@\"}}",
            "{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":{\"dry_run\":\"@\"}}}",
            "{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":{\"on_conflict\":\"@\"}}}",
            "{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":{\"external_ref\":{\"@\":\"@\"}}}}",
        ];
        for body in bodies {
            let body = self.canaries.fill(body);
            let call = self.call(Method::POST, &format!("{IMPORTS}/uploads")).body(body);
            self.refused(call).await;
        }
        for part in ["dry_run", "on_conflict"] {
            let (text, file) = (self.canaries.one(), self.canaries.fill("{\"name\":\"@\"}"));
            let form = Form::new().part("import_file", Part::bytes(file.clone().into_bytes())).text(part, text.clone());
            let call = self.call(Method::POST, IMPORTS).multipart(form);
            self.refused(call).await;
            let call = self.call(Method::POST, &format!("{IMPORTS}?{part}={text}"));
            self.refused(call.header("content-type", "application/jsonl").body(file)).await;
        }
        let (kind, body) = (self.canaries.fill("multipart/form-data; boundary=@"), self.canaries.one());
        let call = self.call(Method::POST, IMPORTS).header("content-type", kind).body(body);
        self.refused(call).await;
        let (kind, body) = (self.canaries.fill("text/@"), self.canaries.one());
        let call = self.call(Method::POST, IMPORTS).header("content-type", kind).body(body);
        self.refused(call).await;
        for header in ["x-dry-run", "external-ref", "x-idempotency-key"] {
            let text = self.canaries.one();
            let call = self.call(Method::POST, IMPORTS).header("content-type", "application/jsonl").body("{}");
            self.refused(call.header(header, text)).await;
        }
        let path = self.canaries.fill(&format!("{IMPORTS}/@/@"));
        let call = self.call(Method::DELETE, &path);
        self.refused(call).await;
        let long = self.canaries.one().repeat(30);
        let call = self.call(Method::POST, IMPORTS).header("content-type", "application/jsonl").body("{}");
        self.refused(call.header("idempotency-key", long)).await;
    }

    /// A posted file whose parts, names and key are canaries.
    async fn post(&mut self, file: Vec<u8>) -> String {
        let part = Part::bytes(file).file_name(self.canaries.fill("@.jsonl"));
        let form = Form::new().part("import_file", part).text("external_ref", self.canaries.email());
        let form = form.text(self.canaries.one(), self.canaries.one());
        let key = self.canaries.one();
        let call = self.call(Method::POST, &format!("{IMPORTS}?note={key}")).header("idempotency-key", &key);
        let (status, body) = self.send(call.multipart(form)).await;
        assert_eq!(status, 201, "{body}");
        body["data"]["id"].as_str().unwrap().to_owned()
    }

    /// A dropped file whose name and metadata are canaries.
    async fn drop(&mut self, file: Vec<u8>, options: &[(&str, &str)]) {
        let key = self.canaries.fill(&format!("drops/{}/@/@ a+b.jsonl", self.world.store));
        let mut metadata = vec![("external-ref", self.canaries.email()), ("name", self.canaries.one())];
        metadata.extend(options.iter().map(|(name, text)| (*name, self.canaries.fill(text))));
        let metadata: Vec<_> = metadata.iter().map(|(name, text)| (*name, text.as_str())).collect();
        self.world.put(&key, file, &metadata).await;
    }

    /// An uploaded file: its form holds secrets.
    async fn upload(&mut self, file: Vec<u8>) {
        let attributes = json!({"external_ref": self.canaries.email(), self.canaries.one(): self.canaries.one()});
        let promise = json!({"data": {"type": "subscription_import_upload", "attributes": attributes}});
        let call = self.call(Method::POST, &format!("{IMPORTS}/uploads")).body(promise.to_string());
        let (status, body) = self.send(call).await;
        assert_eq!(status, 201, "{body}");
        let form = &body["data"]["meta"]["upload"];
        let fields = form["fields"].as_object().unwrap();
        for secret in ["x-amz-signature", "x-amz-security-token", "policy"] {
            fields.get(secret).into_iter().for_each(|secret| self.canaries.secret(secret.as_str().unwrap()));
        }
        let parts = fields
            .iter()
            .fold(Form::new(), |form, (name, value)| form.text(name.clone(), value.as_str().unwrap().to_owned()));
        let part = Part::bytes(file).file_name(self.canaries.fill("@.jsonl"));
        let call = self.world.anonymous(Method::POST, form["url"].as_str().unwrap());
        assert_eq!(send(call.multipart(parts.part("file", part))).await.status, 201);
    }

    /// Waits until so many jobs have ended, and fetches all that they hand out.
    async fn settle(&mut self, jobs: usize) {
        let ended = async || {
            let all = self.world.all(IMPORTS, 100).await;
            let have_ended = all.iter().all(|job| !job["meta"]["timestamps"]["finished_at"].is_null());
            (all.len() == jobs && have_ended).then_some(all)
        };
        let all = self.world.wait(&format!("end of {jobs} jobs"), PATIENCE, ended).await;
        for job in all {
            let id = job["id"].as_str().unwrap();
            for file in ["errors", "results", "failed-lines"] {
                let call = self.call(Method::GET, &format!("{IMPORTS}/{id}/{file}"));
                let (_, body) = self.send(call).await;
                for (name, value) in
                    form_urlencoded::parse(body["links"]["download"].as_str().unwrap_or_default().as_bytes())
                {
                    if ["X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential"].contains(&&*name) {
                        self.canaries.secret(&value);
                    }
                }
            }
        }
    }

    /// Takes the permissions away from a function whose actions begin so.
    async fn forbid(&self, function: &str, action: &str) -> Vec<Taken> {
        let stack = &self.world.stack;
        let roles = Roles::of(stack, PathBuf::new()).await;
        let mut granted = roles.granted(stack).await;
        granted.retain(|pair| pair.function == function && pair.action.starts_with(action));
        assert!(!granted.is_empty());
        let mut taken = Vec::new();
        for pair in &granted {
            taken.push(roles.take_away(stack, pair).await);
        }
        taken
    }

    /// Waits until the worker's log says that it was refused something.
    async fn stopped(&self) {
        let has_stopped = async || {
            let log = std::fs::read_to_string(self.world.stack.log()).unwrap();
            log.contains("the import stopped; it is tried again").then_some(())
        };
        self.world.wait("import that stopped", PATIENCE, has_stopped).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_is_logged_or_shown_to_others() {
    let world = World::own().await;
    log_everything(&world).await;
    let mut story = Story { world, canaries: Canaries::default(), refusals: 0 };
    story.bother().await;
    story.blunder().await;

    let file = story.canaries.good_file();
    story.post(file).await;
    let file = story.canaries.bad_file();
    story.post(gzip(&file)).await;
    let file = story.canaries.bad_file();
    story.drop(file, &[]).await;
    let file = story.canaries.good_file();
    story.drop(file, &[("dry-run", "@"), ("on-conflict", "@")]).await;
    let file = story.canaries.bad_file();
    story.upload(file).await;
    story.settle(5).await;

    // What the database and the bucket refuse: their messages may say what was asked for.
    let taken = story.forbid("process-import", "s3:GetObjectVersion").await;
    let file = story.canaries.good_file();
    story.drop(file, &[]).await;
    story.stopped().await;
    // The last one taken knows the policies without those before it.
    for permission in taken.into_iter().rev() {
        permission.give_back(&story.world.stack).await;
    }
    story.settle(6).await;
    story.forbid("accept-drop", "s3:GetObjectVersion").await;
    story.drop(b"{}".to_vec(), &[]).await;
    for (function, route) in [
        ("create-import", (Method::POST, IMPORTS.to_owned())),
        ("get-import", (Method::GET, format!("{IMPORTS}/3f1d9d0e-98c9-4d38-a1c7-5fd9bc1c2b11"))),
        ("list-imports", (Method::GET, story.canaries.fill(&format!("{IMPORTS}?filter=eq(external_ref,@)")))),
    ] {
        story.forbid(function, "dynamodb:").await;
        let file = story.canaries.good_file();
        let call = story.call(route.0, &route.1).header("content-type", "application/jsonl").body(file);
        story.refused(call).await;
    }
    // Events that no event source would send.
    for function in root::functions(&story.world.stack).await {
        for event in [
            "\"@\"",
            "{\"Records\":\"@\"}",
            "{\"Records\":[{\"@\":\"@\",\"s3\":\"@\",\"body\":\"@\",\"messageId\":{\"@\":1}}]}",
        ] {
            let event: Value = serde_json::from_str(&story.canaries.fill(event)).unwrap();
            let _ = root::invoke(&story.world.stack, &function, &event).await;
        }
    }
    let aviary = story.canaries.aviary();
    assert!(story.canaries.count() >= COUNT, "{}", story.canaries.count());
    let lines = search_logs(&story.world, &aviary).await;
    check_jobs(&story.world, &aviary).await;
    check_keys(&story.world, &aviary).await;
    let letters = check_letters(&story.world, &aviary).await;
    println!(
        "{} canaries and {} secrets, {lines} log lines, {} refusals and {letters} letters searched, 0 hits",
        story.canaries.count(),
        aviary.secrets(),
        story.refusals
    );
}
