//! A function is killed before and after each request by which a job's life moves on: nothing is lost and nothing doubled.

use std::{
    collections::BTreeSet,
    fmt::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use imports::{
    import::{ImportId, MAX_ATTEMPTS},
    options::OnConflict,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    bench::{Bench, Outcome, WORKER, text},
    files::File,
    steps::{
        CANCEL, CREATE, MOVE_CLOCK, NUMBER, OF_CALLS, OF_HAND_OVERS, OF_LARGE_REPORTS, OF_SMALL_FILES, SEND,
        STORE_FILE, Step, WRITE_PRODUCTS, check, deaths,
    },
};
use crate::{
    proxy::{Mischief, Moment, Proxy},
    world::{Answer, IMPORTS, ROOT, send},
};

/// A stack whose functions can be killed at any request, and the deaths so far.
struct Points {
    bench: Bench,
    proxy: Proxy,
    died: BTreeSet<(Step, Moment)>,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_step_a_worker_dies_at_its_job_ends_as_if_it_had_not() {
    let mut points = Points::new().await;
    for (steps, file) in [(&OF_SMALL_FILES[..], small_file()), (&OF_LARGE_REPORTS, large_report())] {
        let expected = points.undisturbed(&file).await;
        for (step, moment) in deaths(&[steps]) {
            points.worker_dies(step, moment, &file, &expected).await;
        }
    }
    points.killed_at_every_claim(&small_file()).await;
    points.handed_over(&small_file()).await;
    points.check_deaths(&[&OF_SMALL_FILES, &OF_LARGE_REPORTS, &OF_HAND_OVERS]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_step_a_call_dies_at_there_is_no_job_or_one_that_ends() {
    let mut points = Points::new().await;
    points.cancelled(&small_file()).await;
    points.created().await;
    points.check_deaths(&[&OF_CALLS]);
}

/// Lines of all waves, in more than one batch of writes.
pub(super) fn small_file() -> File {
    let mut lines = String::new();
    for number in 0..60 {
        writeln!(lines, r#"{{"type":"subscription_product","external_ref":"p{number}","name":"Box {number}"}}"#)
            .unwrap();
    }
    writeln!(lines, r#"{{"type":"subscription_product","name":""}}"#).unwrap();
    lines += r#"{"type":"subscription_plan","external_ref":"m","name":"Monthly","billing_interval_type":"month","billing_frequency":1,"#;
    lines +=
        "\"plan_length\":12,\"end_behavior\":\"roll\",\"can_pause\":true,\"can_resume\":true,\"can_cancel\":true}\n";
    for number in 0..30 {
        let (product, other) = (number, 59 - number);
        writeln!(
            lines,
            r#"{{"type":"subscription_offering","name":"Club {number}","products":["p{product}","p{other}"],"plans":["m"]}}"#
        )
        .unwrap();
    }
    File { lines, on_conflict: OnConflict::Fail }
}

/// A few lines so long that what is reported of them goes in parts.
fn large_report() -> File {
    let long = "x".repeat(100_000);
    let mut lines = "{\"type\":\"subscription_product\",\"name\":\"Box 0\"}\n".to_owned();
    for _ in 0..60 {
        writeln!(lines, "{{\"type\":\"subscription_product\",\"name\":\"\",\"description\":\"{long}\"}}").unwrap();
    }
    File { lines, on_conflict: OnConflict::Fail }
}

impl Points {
    async fn new() -> Self {
        let (world, proxy) = Proxy::world().await;
        Self { bench: Bench::over(world).await, proxy, died: BTreeSet::new() }
    }

    async fn undisturbed(&self, file: &File) -> Outcome {
        self.bench.clear().await;
        let id = self.bench.submit(0, file).await;
        assert_eq!(self.bench.run_on(id).await, 1);
        assert_eq!(self.bench.job(id).await["status"], text("success"));
        self.bench.outcome(&[id]).await
    }

    /// Kills the next function that makes a request.
    fn arm(&self, step: Step, moment: Moment) {
        self.proxy.plan(step, Mischief::Kill(moment));
    }

    /// Notes a death, which must have happened.
    fn note(&mut self, step: Step, moment: Moment) {
        assert!(self.proxy.is_done(), "nobody made the request {step:?}");
        self.died.insert((step, moment));
        check(self.proxy.take_requests());
    }

    fn check_deaths(&self, steps: &[&[Step]]) {
        assert_eq!(self.died, deaths(steps).into_iter().collect());
    }

    /// A worker dies and another goes on: nothing tells the difference.
    async fn worker_dies(&mut self, step: Step, moment: Moment, file: &File, expected: &Outcome) {
        let bench = &self.bench;
        bench.clear().await;
        let id = bench.submit(0, file).await;
        self.arm(step, moment);
        let message = bench.receive().await;
        assert_eq!(bench.wake(&message).await.unwrap(), None, "{step:?} {moment:?}: the worker lives");
        bench.let_time_pass(&message).await;
        bench.run_on(id).await;
        let difference = bench.outcome(&[id]).await.difference(expected);
        assert!(difference.is_empty(), "{step:?} {moment:?}: {}", difference.join("\n"));
        self.note(step, moment);
    }

    /// A job that kills every worker that claims it is given up, and tells so.
    async fn killed_at_every_claim(&self, file: &File) {
        let bench = &self.bench;
        bench.clear().await;
        let id = bench.submit(0, file).await;
        for _ in 0..MAX_ATTEMPTS {
            self.arm(WRITE_PRODUCTS, Moment::Before);
            let message = bench.receive().await;
            assert_eq!(bench.wake(&message).await.unwrap(), None);
            bench.let_time_pass(&message).await;
        }
        // A job that is given up writes nothing any more.
        self.arm(WRITE_PRODUCTS, Moment::Before);
        assert_eq!(bench.run_on(id).await, 1);
        assert!(!self.proxy.is_done(), "it wrote");
        self.proxy.drop_plans();
        let job = bench.world.import(&id.to_string()).await;
        assert_eq!(job["attributes"]["status"], "failed");
        let errors = bench.world.errors(&id.to_string()).await;
        assert!(errors.len() > 1 && errors[0].0 == 0, "{errors:?}");
        assert!(errors.iter().all(|(_, code, _)| code == "given_up"), "{errors:?}");
    }

    /// A job is cancelled before any worker has it, and a function dies that has to do with it.
    async fn cancelled(&mut self, file: &File) {
        for (step, moment) in deaths(&[&[CANCEL, NUMBER]]) {
            let bench = &self.bench;
            bench.clear().await;
            let id = bench.submit(0, file).await;
            let cancel = || send(bench.world.request(Method::POST, &format!("{IMPORTS}/{id}/cancel")));
            self.arm(step, moment);
            if step == CANCEL {
                assert_died(step, moment, &cancel().await);
                cancel().await.expect(if moment == Moment::Before { 200 } else { 409 });
            } else {
                cancel().await.expect(200);
                let message = bench.receive().await;
                assert_eq!(bench.wake(&message).await.unwrap(), None);
                bench.let_time_pass(&message).await;
            }
            bench.run_on(id).await;
            let job = bench.world.import(&id.to_string()).await;
            assert_eq!(job["attributes"]["status"], "failed");
            assert!(bench.world.objects().await.is_empty());
            assert_eq!(bench.world.errors(&id.to_string()).await.len(), 1);
            self.note(step, moment);
        }
    }

    /// Functions that make jobs die: either there is none, or there is one with its file, which runs.
    async fn created(&mut self) {
        self.bench.clear().await;
        let mut jobs = 0;
        for (step, moment) in deaths(&[&[STORE_FILE, MOVE_CLOCK, CREATE, SEND]]) {
            let stored = usize::from(step == SEND || (step, moment) == (CREATE, Moment::After));
            self.posted(step, moment, jobs, stored).await;
            jobs += 1;
            // A drop is stored before the function is called.
            if step != STORE_FILE {
                self.dropped(step, moment, jobs, stored).await;
                jobs += 1;
            }
            self.note(step, moment);
        }
        // So old have jobs to be before somebody looks after them.
        tokio::time::sleep(Duration::from_secs(31)).await;
        for (step, moment) in deaths(&[&[SEND]]) {
            self.arm(step, moment);
            assert_eq!(self.bench.invoke("ResumeImports", &json!({})).await.unwrap(), None);
            self.note(step, moment);
        }
        let bench = &self.bench;
        // What was sent before a death is sent again in the next minute: until then the queue takes it for a repetition.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        tokio::time::sleep(Duration::from_secs(60 - since_epoch.as_secs() % 60)).await;
        bench.invoke("ResumeImports", &json!({})).await.unwrap().unwrap();
        for id in self.jobs().await {
            if !bench.has_ended(id).await {
                bench.run_on(id).await;
            }
        }
        for id in self.jobs().await {
            assert_eq!(bench.job(id).await["status"], text("success"));
        }
        let objects = bench.world.objects().await;
        assert_eq!(self.jobs().await.len(), jobs);
        assert_eq!(objects.len(), jobs, "one of each file");
    }

    /// A file is posted, and posted again as its caller has got no answer.
    async fn posted(&self, step: Step, moment: Moment, before: usize, stored: usize) {
        let post = || {
            let file = format!("{{\"type\":\"subscription_product\",\"name\":\"file {before}\"}}");
            send(self.bench.world.posting(file, &[]).header("idempotency-key", format!("key-{before}")))
        };
        self.arm(step, moment);
        assert_died(step, moment, &post().await);
        assert_eq!(self.jobs().await.len(), before + stored, "{step:?} {moment:?}");
        post().await.expect(if stored == 0 { 201 } else { 200 });
        assert_eq!(self.jobs().await.len(), before + 1, "{step:?} {moment:?}");
    }

    /// A drop is announced, and announced again as the function has died.
    async fn dropped(&self, step: Step, moment: Moment, before: usize, stored: usize) {
        let world = &self.bench.world;
        let key = format!("drops/{}/{before}.jsonl", world.store);
        let file = format!("{{\"type\":\"subscription_product\",\"name\":\"file {before}\"}}");
        let version = world.put(&key, file, &[]).await;
        let event = std::fs::read(format!("{ROOT}/events/accept-drop.json")).unwrap();
        let mut event: Value = serde_json::from_slice(&event).unwrap();
        let announced = &mut event["Records"][0]["s3"];
        announced["bucket"]["name"] = json!(world.stack.bucket());
        announced["object"]["key"] = json!(key);
        announced["object"]["versionId"] = json!(version);
        self.arm(step, moment);
        assert_eq!(self.bench.invoke("AcceptDrop", &event).await.unwrap(), None, "{step:?} {moment:?}");
        assert_eq!(self.jobs().await.len(), before + stored, "{step:?} {moment:?}");
        self.bench.invoke("AcceptDrop", &event).await.unwrap().unwrap();
        assert_eq!(self.jobs().await.len(), before + 1, "{step:?} {moment:?}");
    }

    async fn jobs(&self) -> Vec<ImportId> {
        let items = self.bench.lane().await;
        let ids = items.iter().filter_map(|item| item["sk"].as_s().unwrap().strip_prefix("import#"));
        ids.map(|id| ImportId::parse(id).unwrap()).collect()
    }

    /// A worker dies while it hands a job over for which its time is too short.
    async fn handed_over(&mut self, file: &File) {
        let expected = self.undisturbed(file).await;
        // Three seconds more than it keeps for handing over, and a write that takes longer.
        self.bench.set_time_out(WORKER, 33).await;
        for (step, moment) in deaths(&[&OF_HAND_OVERS]) {
            self.proxy.plan(WRITE_PRODUCTS, Mischief::Hold(Duration::from_secs(4)));
            self.worker_dies(step, moment, file, &expected).await;
        }
    }
}

/// Whether an answer is the gateway's own, not one of a function that came to its end.
#[track_caller]
fn assert_died(step: Step, moment: Moment, answer: &Answer) {
    assert!(answer.status >= 500, "{step:?} {moment:?}: {answer:?}");
    assert_eq!(answer.body["errors"], Value::Null, "{step:?} {moment:?}: the function has answered");
}
