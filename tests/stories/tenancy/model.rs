//! Two stores that do things by chance, each with the other's ids, names and keys at hand, and what each may see of it.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use records::{RecordId, RecordType, StoreId};
use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    gate::routes,
    world::{IMPORTS, World, gzip, send},
};

/// How many names there are for objects: both stores use the same ones.
const NAMES: usize = 12;

/// What a job has to come to: for each line what becomes of it, and how many errors it has.
#[derive(Debug, Default)]
struct Expected {
    lines: Vec<(&'static str, usize)>,
}

/// A store, and what is known of it.
struct Store {
    world: World,
    /// Stands in everything that the store writes, and nowhere else.
    mark: String,
    jobs: BTreeMap<String, Expected>,
    /// The names of its products that are stored once all its jobs so far have run.
    stored: BTreeSet<String>,
    /// The idempotency keys it has used.
    keys: Vec<String>,
    dropped: usize,
}

impl Store {
    fn new(world: World, rng: &mut Rng) -> Self {
        let mark = (0..16).map(|_| rng.lowercase()).collect();
        Self { world, mark, jobs: BTreeMap::new(), stored: BTreeSet::new(), keys: Vec::new(), dropped: 0 }
    }

    fn id_of(&self, name: &str) -> String {
        let store = StoreId::from_own_record(&self.world.store).unwrap();
        RecordId::from_external_ref(&store, RecordType::SubscriptionProduct, name).to_string()
    }
}

/// Two stores in one stack.
pub(super) struct Two {
    stores: [Store; 2],
    rng: Rng,
    answers: usize,
    forged: usize,
}

impl Two {
    pub(super) fn new(world: World, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let neighbour = world.neighbour();
        Self { stores: [Store::new(world, &mut rng), Store::new(neighbour, &mut rng)], rng, answers: 0, forged: 0 }
    }

    /// One of the stores does something.
    pub(super) async fn step(&mut self) {
        let who = self.rng.usize(..2);
        match self.rng.usize(..10) {
            0..=2 => self.submit(who).await,
            3 => self.use_a_key_of_the_other(who).await,
            4 | 5 => self.ask_for_a_job(who).await,
            6 => self.ask_for_a_foreign_job(who).await,
            7 | 8 => self.list(who).await,
            _ => self.drop_beside(who).await,
        }
    }

    /// Sends a call for a store, and looks for anything of the other's in what comes back.
    async fn ask(&mut self, who: usize, call: RequestBuilder) -> (u16, Value) {
        let answer = send(call).await;
        let all = format!("{:?} {}", answer.headers, answer.body);
        self.look(who, &all);
        (answer.status, answer.body)
    }

    fn look(&mut self, who: usize, seen: &str) {
        self.answers += 1;
        let other = &self.stores[1 - who];
        let traces = [&other.mark, &format!("/{}/", other.world.store)];
        let found = traces.into_iter().find(|trace| seen.contains(*trace));
        assert_eq!(found, None, "{} sees something of {}: {seen}", self.stores[who].world.store, other.world.store);
        let job = other.jobs.keys().find(|id| seen.contains(*id));
        assert_eq!(job, None, "{} sees a job of {}: {seen}", self.stores[who].world.store, other.world.store);
    }

    /// A file: products under names that both stores use, then an offering that refers to some that are there, to some of
    /// the other store, to some that nobody has.
    fn file(&mut self, who: usize) -> (String, Expected) {
        let mut expected = Expected::default();
        let mut lines = Vec::new();
        let mut names: Vec<String> = (0..NAMES).map(|number| format!("name-{number}")).collect();
        self.rng.shuffle(&mut names);
        let mark = self.stores[who].mark.clone();
        for name in names.iter().take(self.rng.usize(0..3)) {
            lines.push(json!({"type": "subscription_product", "external_ref": name, "name": format!("{mark} {name}"),
                "description": format!("{mark}@example.com")}));
            let known = !self.stores[who].stored.insert(name.clone());
            expected.lines.push((if known { "updated" } else { "created" }, 0));
        }
        let (mut references, mut missing) = (Vec::new(), 0);
        for _ in 0..self.rng.usize(1..4) {
            let name = &names[self.rng.usize(..NAMES)];
            let (own, other) = (&self.stores[who], &self.stores[1 - who]);
            let (reference, there) = match self.rng.usize(..5) {
                0 => (name.clone(), own.stored.contains(name)),
                1 => (own.id_of(name), own.stored.contains(name)),
                2 | 3 => (other.id_of(name), false),
                _ => (Uuid::from_u128(self.rng.u128(..)).to_string(), false),
            };
            references.push(reference);
            missing += usize::from(!there);
        }
        lines.push(json!({"type": "subscription_offering", "name": format!("{mark} box"), "products": references,
            "plans": [{"name": "Monthly", "billing_interval_type": "month", "billing_frequency": 1, "plan_length": 12,
                "end_behavior": "roll", "can_pause": true, "can_resume": true, "can_cancel": true}]}));
        expected.lines.push((if missing == 0 { "created" } else { "failed" }, missing));
        (lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"), expected)
    }

    /// Hands a file in, in any of the ways there are.
    async fn submit(&mut self, who: usize) {
        let (file, expected) = self.file(who);
        let name = format!("{} {}", self.stores[who].mark, self.stores[who].jobs.len());
        let id = match self.rng.usize(..4) {
            0 => {
                let form = Form::new().part("import_file", Part::bytes(gzip(file.as_bytes())).file_name(name.clone()));
                let form = form.text("external_ref", name).text("on_conflict", "update");
                let call = self.stores[who].world.request(Method::POST, IMPORTS).multipart(form);
                self.made(who, call).await
            }
            1 => {
                let key = format!("{}-{}", self.stores[who].mark, self.rng.u32(..));
                let texts = [("on_conflict", "update")];
                let call = self.stores[who].world.posting(file, &texts).header("idempotency-key", &key);
                self.stores[who].keys.push(key);
                self.made(who, call).await
            }
            2 => self.upload(who, file).await,
            _ => self.drop(who, file).await,
        };
        self.stores[who].jobs.insert(id, expected);
    }

    async fn made(&mut self, who: usize, call: RequestBuilder) -> String {
        let (status, body) = self.ask(who, call).await;
        assert_eq!(status, 201, "{body}");
        body["data"]["id"].as_str().unwrap().to_owned()
    }

    async fn upload(&mut self, who: usize, file: String) -> String {
        let name = format!("{} upload", self.stores[who].mark);
        let promise = json!({"data": {"type": "subscription_import_upload",
            "attributes": {"external_ref": name, "on_conflict": "update"}}});
        let call =
            self.stores[who].world.request(Method::POST, &format!("{IMPORTS}/uploads")).body(promise.to_string());
        let (status, body) = self.ask(who, call).await;
        assert_eq!(status, 201, "{body}");
        let form = &body["data"]["meta"]["upload"];
        let fields = form["fields"].as_object().unwrap().iter();
        let fields = fields
            .fold(Form::new(), |fields, (name, value)| fields.text(name.clone(), value.as_str().unwrap().to_owned()));
        let call = self.stores[who].world.anonymous(Method::POST, form["url"].as_str().unwrap());
        assert_eq!(send(call.multipart(fields.text("file", file))).await.status, 201);
        let id = body["data"]["id"].as_str().unwrap().to_owned();
        for _ in 0..1_200 {
            let call = self.stores[who].world.request(Method::GET, &format!("{IMPORTS}/{id}"));
            if self.ask(who, call).await.0 == 200 {
                return id;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the upload {id} became no job");
    }

    async fn drop(&mut self, who: usize, file: String) -> String {
        let store = &mut self.stores[who];
        store.dropped += 1;
        let name = format!("{} {}.jsonl", store.mark, store.dropped);
        let key = format!("drops/{}/{name}", store.world.store);
        store.world.put(&key, file, &[("on-conflict", "update")]).await;
        store.world.job_of_drop(&name).await
    }

    /// A drop that its own name would have elsewhere: it is this store's all the same.
    async fn drop_beside(&mut self, who: usize) {
        let (file, expected) = self.file(who);
        let other = self.stores[1 - who].world.store.clone();
        let store = &mut self.stores[who];
        store.dropped += 1;
        // The name would tell of the other store when it is looked for: metadata stands for it.
        let called = format!("{} beside {}", store.mark, store.dropped);
        let key = format!("drops/{}/%2E%2E%2F{other}/{}.jsonl", store.world.store, store.dropped);
        store.world.put(&key, file, &[("on-conflict", "update"), ("external-ref", &called)]).await;
        let id = store.world.job_of_drop(&called).await;
        store.jobs.insert(id, expected);
        self.forged += 1;
    }

    /// A key of the other store is as good as any: it makes a job.
    async fn use_a_key_of_the_other(&mut self, who: usize) {
        let Some(key) = self.rng.choice(self.stores[1 - who].keys.clone()) else { return };
        if self.stores[who].keys.contains(&key) {
            return;
        }
        self.stores[who].keys.push(key.clone());
        let (file, expected) = self.file(who);
        let call = self.stores[who].world.posting(file.clone(), &[("on_conflict", "update")]);
        // Under its own key, and under that of the other.
        let id = self.made(who, call.header("idempotency-key", &key)).await;
        self.stores[who].jobs.insert(id.clone(), expected);
        let again = self.stores[who].world.posting(file, &[("on_conflict", "update")]).header("idempotency-key", &key);
        let (status, body) = self.ask(who, again).await;
        assert_eq!((status, body["data"]["id"].as_str()), (200, Some(id.as_str())));
        self.forged += 1;
    }

    /// A call that reads of a job.
    fn path(&mut self, id: &str) -> String {
        let reads = routes().into_iter().filter(|(method, path)| *method == Method::GET && path.contains("{id}"));
        self.rng.choice(reads.collect::<Vec<_>>()).unwrap().1.replace("{id}", id)
    }

    async fn ask_for_a_job(&mut self, who: usize) {
        let ids: Vec<String> = self.stores[who].jobs.keys().cloned().collect();
        let Some(id) = self.rng.choice(ids) else { return };
        let path = self.path(&id);
        let (status, body) = self.ask(who, self.stores[who].world.request(Method::GET, &path)).await;
        assert!([200, 307, 409].contains(&status), "{path}: {status} {body}");
        if status == 307 {
            let call = self.stores[who].world.anonymous(Method::GET, body["links"]["download"].as_str().unwrap());
            assert_eq!(self.ask(who, call).await.0, 200);
        }
    }

    async fn ask_for_a_foreign_job(&mut self, who: usize) {
        let ids: Vec<String> = self.stores[1 - who].jobs.keys().cloned().collect();
        let Some(id) = self.rng.choice(ids) else { return };
        let cancel = (Method::POST, format!("{IMPORTS}/{id}/cancel"));
        let (method, path) = if self.rng.bool() { cancel } else { (Method::GET, self.path(&id)) };
        let call = self.stores[who].world.request(method, &path);
        let (status, body) = self.ask(who, call).await;
        assert_eq!(status, 404, "{path}: {body}");
        self.forged += 1;
    }

    async fn list(&mut self, who: usize) {
        let (offset, limit) = (self.rng.usize(..6), self.rng.usize(..101));
        let other = &self.stores[1 - who];
        let filter = match self.rng.usize(..5) {
            0 => String::new(),
            1 => "&filter=in(status,pending,started,success,failed)".to_owned(),
            2 => "&filter=ge(created_at,2020-01-01T00:00:00Z)".to_owned(),
            3 => format!("&filter=eq(external_ref,{}.jsonl)", other.dropped),
            _ => "&filter=eq(status,success)".to_owned(),
        };
        let path = format!("{IMPORTS}?page[offset]={offset}&page[limit]={limit}{filter}");
        let (status, body) = self.ask(who, self.stores[who].world.request(Method::GET, &path)).await;
        assert_eq!(status, 200, "{body}");
        let known = &self.stores[who].jobs;
        let strange =
            body["data"].as_array().unwrap().iter().find(|job| !known.contains_key(job["id"].as_str().unwrap()));
        assert_eq!(strange, None);
        if filter.is_empty() {
            assert_eq!(body["meta"]["results"]["total"], known.len());
        }
    }

    /// Everything has to have come out as the store's own doings say. Tells how much there was.
    pub(super) async fn end(mut self) -> String {
        let mut jobs = 0;
        for who in 0..2 {
            for (id, expected) in std::mem::take(&mut self.stores[who].jobs) {
                let world = &self.stores[who].world;
                world.ended(&id).await;
                let results = world.results(&id).await;
                let errors = world.all(&format!("{IMPORTS}/{id}/errors"), 100).await;
                let failed = world.download(&id, "failed-lines").await;
                let became: Vec<_> = results
                    .iter()
                    .map(|line| {
                        let errors = line["errors"].as_array().map_or(0, Vec::len);
                        (line["action"].as_str().unwrap().to_owned(), errors)
                    })
                    .collect();
                let expected: Vec<_> =
                    expected.lines.iter().map(|(action, errors)| ((*action).to_owned(), *errors)).collect();
                assert_eq!(became, expected, "{id} of {}: {results:#?}", world.store);
                let all = format!("{results:?} {errors:?} {}", String::from_utf8_lossy(&failed));
                self.look(who, &all);
                jobs += 1;
            }
            let objects = format!("{:?}", self.stores[who].world.objects().await);
            assert!(objects.contains(&self.stores[who].mark));
            self.look(who, &objects);
        }
        let receipts = self.receipts().await;
        format!(
            "{jobs} jobs of two stores, {} forged calls and files, {} answers and {receipts} receipts without a foreign byte",
            self.forged, self.answers
        )
    }

    /// What partners find beside their drops.
    async fn receipts(&mut self) -> usize {
        let mut count = 0;
        for who in 0..2 {
            let (s3, bucket) = (self.stores[who].world.s3(), self.stores[who].world.stack.bucket().to_owned());
            let prefix = format!("receipts/{}/", self.stores[who].world.store);
            let listed = s3.list_objects_v2().bucket(&bucket).prefix(prefix).send().await.unwrap();
            for object in listed.contents.unwrap_or_default() {
                let key = object.key.unwrap();
                let receipt = s3.get_object().bucket(&bucket).key(&key).send().await.unwrap();
                let text = String::from_utf8(receipt.body.collect().await.unwrap().to_vec()).unwrap();
                // The name of a drop may be anything, that of another store too.
                let other = format!("/{}/", self.stores[1 - who].world.store);
                self.look(who, &text.replace(&format!("..%2F{}/", other.trim_matches('/')), ""));
                count += 1;
            }
        }
        count
    }
}
