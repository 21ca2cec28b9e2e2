use serde_json::json;
use shared::memory::{Call as Port, Fault, Faults, MemoryImports, MemoryQueue};

use super::*;
use crate::announcement::tests::event;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 0).unwrap()
}

struct World {
    faults: Faults,
    imports: MemoryImports,
    queue: MemoryQueue,
}

impl World {
    fn new() -> Self {
        let faults = Faults::default();
        let queue = MemoryQueue::new(noon, faults.clone());
        Self { imports: MemoryImports::new(faults.clone()), queue, faults }
    }

    async fn accept(&self, puts: &[(&str, &str)]) -> Result<(), Error> {
        handle(&self.imports, &self.queue, noon, event(puts)).await
    }

    /// Compares the jobs that wait, as store, name, key and version, with `expected`; each must have its message.
    async fn check(&self, expected: &[(&str, &str, &str, Option<&str>)]) {
        let mut jobs = Vec::new();
        for open in self.imports.open(100).await.unwrap() {
            let import = self.imports.get(&open.store, open.id, noon()).await.unwrap().unwrap();
            jobs.push((
                import.store.to_string(),
                import.options.external_ref.unwrap(),
                import.file.key,
                import.file.version,
            ));
        }
        let jobs: Vec<_> = jobs
            .iter()
            .map(|(store, name, key, version)| (store.as_str(), name.as_str(), key.as_str(), version.as_deref()))
            .collect();
        assert_eq!(jobs, expected);
        assert_eq!(self.queue.ticks().len(), expected.len());
    }
}

#[tokio::test]
async fn each_put_becomes_a_job_of_its_folders_store() {
    let world = World::new();
    world.accept(&[("drops/main/a+b%2B.jsonl", "v1"), ("drops/other/2026/c.jsonl", "null")]).await.unwrap();
    let first = ("main", "a b+.jsonl", "drops/main/a b+.jsonl", Some("v1"));
    world.check(&[first, ("other", "2026/c.jsonl", "drops/other/2026/c.jsonl", None)]).await;
}

#[tokio::test]
async fn a_put_announced_twice_is_one_job() {
    let world = World::new();
    let put = ("drops/main/a.jsonl", "v1");
    world.accept(&[put, put]).await.unwrap();
    world.accept(&[put]).await.unwrap();
    world.check(&[("main", "a.jsonl", "drops/main/a.jsonl", Some("v1"))]).await;
    world.accept(&[("drops/main/a.jsonl", "v2")]).await.unwrap();
    let again = ("main", "a.jsonl", "drops/main/a.jsonl", Some("v2"));
    world.check(&[("main", "a.jsonl", "drops/main/a.jsonl", Some("v1")), again]).await;
}

#[tokio::test]
async fn what_is_no_file_becomes_no_job() {
    let world = World::new();
    world.accept(&[("drops/main/", "v"), ("drops/a.jsonl", "v"), ("drops/no+store/a.jsonl", "v")]).await.unwrap();
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "imports"});
    handle(&world.imports, &world.queue, noon, test).await.unwrap();
    world.check(&[]).await;
}

#[tokio::test]
async fn an_announcement_whose_job_could_not_be_stored_fails_and_is_taken_when_it_comes_again() {
    let world = World::new();
    let puts = [("drops/main/a.jsonl", "v"), ("drops/main/b.jsonl", "v")];
    world.faults.draw({
        let mut calls = 0;
        move |call| {
            calls += usize::from(call == Port::Create);
            (call == Port::Create && calls == 2).then(Fault::transient)
        }
    });
    assert!(world.accept(&puts).await.is_err());
    world.accept(&puts).await.unwrap();
    let job =
        |name| ("main", name, if name == "a.jsonl" { "drops/main/a.jsonl" } else { "drops/main/b.jsonl" }, Some("v"));
    world.check(&[job("a.jsonl"), job("b.jsonl")]).await;
}
