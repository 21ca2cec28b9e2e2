//! Every step of a job's life has a point before and a point after it, at which the functions of one build can be made to die.
//! They die at each of them once, and nothing is lost and nothing doubled.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use aws::Step;
use imports::{
    import::{ImportId, MAX_ATTEMPTS},
    options::OnConflict,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    bench::{Bench, Told, WORKER, text},
    files::File,
};
use crate::world::{Answer, IMPORTS, ROOT, World, send};
use local::Options;

/// The build with the points, and which of them were reached.
struct Points {
    bench: Bench,
    reached: BTreeSet<String>,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test --test stories kills::points -- --ignored --nocapture"]
async fn whatever_step_a_function_dies_at_its_job_ends_as_if_it_had_not() {
    let world = World::with_options(Options { fault_points: true, ..Options::default() }).await;
    let mut points = Points { bench: Bench::over(world).await, reached: BTreeSet::new() };
    let file = small_file();
    let expected = points.undisturbed(&file).await;
    let once = [Step::Hide, Step::Claim, Step::Finish, Step::PutReceipt, Step::SettleReceipt];
    for point in once.into_iter().flat_map(Step::points) {
        points.worker_dies(&point, 0, &file, &expected).await;
    }
    // As often as the undisturbed run takes the step.
    for (step, least) in [(Step::WriteBatch, 4), (Step::FinishFile, 4)] {
        for point in step.points() {
            let mut times = 0;
            while points.worker_dies(&point, times, &file, &expected).await {
                times += 1;
            }
            assert!(times >= least, "{point}: {times}");
        }
    }
    let large = large_report();
    let expected = points.undisturbed(&large).await;
    for point in Step::SendPart.points() {
        points.worker_dies(&point, 0, &large, &expected).await;
    }
    points.killed_at_every_claim(&file).await;
    points.cancelled(&file).await;
    points.created().await;
    points.handed_over(&file).await;

    let all: BTreeSet<String> = Step::ALL.into_iter().flat_map(Step::points).collect();
    println!("died at each of {} points: {:?}", points.reached.len(), points.reached);
    assert_eq!(points.reached, all, "a point was never reached");
}

/// Lines of all waves, in more than one batch of writes.
fn small_file() -> File {
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

/// A few lines so long that what is told of them goes in parts.
fn large_report() -> File {
    let long = "x".repeat(100_000);
    let mut lines = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n".to_owned();
    for _ in 0..60 {
        writeln!(lines, "{{\"type\":\"subscription_product\",\"name\":\"\",\"description\":\"{long}\"}}").unwrap();
    }
    File { lines, on_conflict: OnConflict::Fail }
}

impl Points {
    async fn undisturbed(&self, file: &File) -> Told {
        self.bench.clear().await;
        let id = self.bench.submit(0, file).await;
        assert_eq!(self.bench.run_on(id).await, 1);
        assert_eq!(self.bench.job(id).await["status"], text("success"));
        self.bench.told(&[id]).await
    }

    /// Makes a function die at a point when it gets there once more than so many times.
    async fn arm(&self, function: &str, point: &str, times: usize) {
        let action = if times == 0 { "return".to_owned() } else { format!("{times}*off->return") };
        self.bench.set(function, "FAILPOINTS", &format!("{point}={action}")).await;
    }

    async fn disarm(&self, function: &str) {
        self.bench.set(function, "FAILPOINTS", "").await;
    }

    /// A worker dies at a point and another goes on: nothing tells the difference. `false` when the point was not reached so
    /// many times.
    async fn worker_dies(&mut self, point: &str, times: usize, file: &File, expected: &Told) -> bool {
        let bench = &self.bench;
        bench.clear().await;
        let id = bench.submit(0, file).await;
        self.arm(WORKER, point, times).await;
        let message = bench.receive().await;
        let answer = bench.wake(&message).await.unwrap();
        self.disarm(WORKER).await;
        let has_died = answer.is_none();
        assert!(has_died || times > 0, "{point} was not reached");
        if !bench.settle(&message, answer.as_ref()).await {
            bench.let_time_pass(&message).await;
            bench.run_on(id).await;
        }
        let difference = bench.told(&[id]).await.difference(expected);
        assert!(difference.is_empty(), "{point}, {times}: {}", difference.join("\n"));
        if has_died {
            self.reached.insert(point.to_owned());
        }
        has_died
    }

    /// A job that kills every worker that claims it is given up, and tells so.
    async fn killed_at_every_claim(&self, file: &File) {
        let bench = &self.bench;
        bench.clear().await;
        let id = bench.submit(0, file).await;
        self.arm(WORKER, "before WriteBatch", 0).await;
        for _ in 0..MAX_ATTEMPTS {
            let message = bench.receive().await;
            assert_eq!(bench.wake(&message).await.unwrap(), None);
            bench.let_time_pass(&message).await;
        }
        // The point is still there: a job that is given up writes nothing any more.
        assert_eq!(bench.run_on(id).await, 1);
        self.disarm(WORKER).await;
        let job = bench.world.import(&id.to_string()).await;
        assert_eq!(job["attributes"]["status"], "failed");
        let errors = bench.world.errors(&id.to_string()).await;
        assert!(errors.len() > 1 && errors[0].0 == 0, "{errors:?}");
        assert!(errors.iter().all(|(_, code, _)| code == "given_up"), "{errors:?}");
    }

    /// A job is cancelled before any worker has it, and the function that does so dies.
    async fn cancelled(&mut self, file: &File) {
        for (point, again) in Step::CancelPending.points().into_iter().zip([200, 409]) {
            let bench = &self.bench;
            bench.clear().await;
            let id = bench.submit(0, file).await;
            let cancel = || send(bench.world.request(Method::POST, &format!("{IMPORTS}/{id}/cancel")));
            self.arm("CancelImport", &point, 0).await;
            assert_died(&point, &cancel().await);
            self.disarm("CancelImport").await;
            cancel().await.expect(again);
            bench.run_on(id).await;
            let job = bench.world.import(&id.to_string()).await;
            assert_eq!(job["attributes"]["status"], "failed");
            assert!(bench.world.objects().await.is_empty());
            assert_eq!(bench.world.errors(&id.to_string()).await.len(), 1);
            self.reached.insert(point);
        }
    }

    /// Functions that make jobs die: either there is none, or there is one with its file, which runs.
    async fn created(&mut self) {
        self.bench.clear().await;
        let mut jobs = 0;
        for (step, stored) in [(Step::Put, [0, 0]), (Step::Create, [0, 1]), (Step::Send, [1, 1])] {
            for (point, stored) in step.points().into_iter().zip(stored) {
                self.posted(&point, jobs, stored).await;
                jobs += 1;
                // A drop is stored before the function is called.
                if step != Step::Put {
                    self.dropped(&point, jobs, stored).await;
                    jobs += 1;
                }
                self.reached.insert(point);
            }
        }
        let bench = &self.bench;
        // So old have jobs to be before somebody looks after them.
        tokio::time::sleep(Duration::from_secs(31)).await;
        self.arm("ResumeImports", "after Send", 0).await;
        assert_eq!(bench.invoke("ResumeImports", &json!({})).await.unwrap(), None);
        self.disarm("ResumeImports").await;
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
    async fn posted(&self, point: &str, before: usize, stored: usize) {
        let post = || {
            let file = format!("{{\"type\":\"subscription_product\",\"name\":\"{point}\"}}");
            send(self.bench.world.posting(file, &[]).header("idempotency-key", point.replace(' ', "-")))
        };
        self.arm("CreateImport", point, 0).await;
        assert_died(point, &post().await);
        self.disarm("CreateImport").await;
        assert_eq!(self.jobs().await.len(), before + stored, "{point}");
        post().await.expect(if stored == 0 { 201 } else { 200 });
        assert_eq!(self.jobs().await.len(), before + 1, "{point}");
    }

    /// A drop is announced, and announced again as the function has died.
    async fn dropped(&self, point: &str, before: usize, stored: usize) {
        let world = &self.bench.world;
        let key = format!("drops/{}/{}.jsonl", world.store, point.replace(' ', "-"));
        let file = format!("{{\"type\":\"subscription_product\",\"name\":\"{point}, dropped\"}}");
        let version = world.put(&key, file, &[]).await;
        let event = std::fs::read(format!("{ROOT}/events/accept-drop.json")).unwrap();
        let mut event: Value = serde_json::from_slice(&event).unwrap();
        let announced = &mut event["Records"][0]["s3"];
        announced["bucket"]["name"] = json!(world.stack.bucket());
        announced["object"]["key"] = json!(key);
        announced["object"]["versionId"] = json!(version);
        self.arm("AcceptDrop", point, 0).await;
        assert_eq!(self.bench.invoke("AcceptDrop", &event).await.unwrap(), None, "{point}");
        self.disarm("AcceptDrop").await;
        assert_eq!(self.jobs().await.len(), before + stored, "{point}");
        self.bench.invoke("AcceptDrop", &event).await.unwrap().unwrap();
        assert_eq!(self.jobs().await.len(), before + 1, "{point}");
    }

    async fn jobs(&self) -> Vec<ImportId> {
        let items = self.bench.line().await;
        let ids = items.iter().filter_map(|item| item["sk"].as_s().unwrap().strip_prefix("import#"));
        ids.map(|id| ImportId::parse(id).unwrap()).collect()
    }

    /// A worker dies while it hands a job over for which its time is too short.
    async fn handed_over(&mut self, file: &File) {
        let expected = self.undisturbed(file).await;
        let bench = &self.bench;
        // Three seconds more than it keeps for handing over, and a write that takes longer.
        bench.set_time_out(WORKER, 33).await;
        for point in [Step::Release, Step::Send].into_iter().flat_map(Step::points) {
            bench.clear().await;
            let id = bench.submit(0, file).await;
            let slow = "before WriteBatch=1*off->1*sleep(4000)->off";
            bench.set(WORKER, "FAILPOINTS", &format!("{slow};{point}=return")).await;
            let message = bench.receive().await;
            assert_eq!(bench.wake(&message).await.unwrap(), None, "{point} was not reached");
            self.disarm(WORKER).await;
            bench.let_time_pass(&message).await;
            bench.run_on(id).await;
            let difference = bench.told(&[id]).await.difference(&expected);
            assert!(difference.is_empty(), "{point}: {}", difference.join("\n"));
            self.reached.insert(point);
        }
    }
}

/// Whether an answer is the gateway's own, not one of a function that came to its end.
#[track_caller]
fn assert_died(point: &str, answer: &Answer) {
    assert!(answer.status >= 500, "{point}: {answer:?}");
    assert_eq!(answer.body["errors"], Value::Null, "{point}: the function has answered");
}
