//! Every path of every function, each as a scene that fails visibly when something is refused.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use imports::times::{HAND_OVER, WORKER_TIMEOUT};
use reqwest::{Method, multipart::Form};
use serde_json::json;
use uuid::Uuid;

use super::stage::{FILE, Played, Stage, announcement, answered, ensure, id, text};
use crate::{
    openapi, root,
    world::{IMPORTS, gzip, send},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    Post,
    Upload,
    List,
    Read,
    Wait,
    Download,
    AcceptDrop,
    LeaveAside,
    AcceptUpload,
    Cancel,
    RunPosted,
    RunDropped,
    RunUploaded,
    Hide,
    Wake,
    WriteReceipt,
    HandOver,
}

/// In this order: where several use a permission, those are tried first that tell soonest.
pub(super) const SCENES: [Scene; 17] = [
    Scene::Post,
    Scene::Upload,
    Scene::List,
    Scene::Read,
    Scene::Wait,
    Scene::Download,
    Scene::AcceptDrop,
    Scene::LeaveAside,
    Scene::AcceptUpload,
    Scene::Cancel,
    Scene::RunPosted,
    Scene::RunDropped,
    Scene::RunUploaded,
    Scene::Hide,
    Scene::Wake,
    Scene::WriteReceipt,
    Scene::HandOver,
];

impl Stage {
    pub(super) async fn play(&self, scene: Scene) -> Played {
        self.before.store(self.refusals(), Ordering::Relaxed);
        match scene {
            Scene::Post => self.post().await,
            Scene::Upload => self.uploaded().await.map(drop),
            Scene::List => self.list().await,
            Scene::Read => self.read().await,
            Scene::Wait => self.wait().await,
            Scene::Download => self.download().await,
            Scene::AcceptDrop => self.accept_drop().await,
            Scene::LeaveAside => self.leave_aside().await,
            Scene::AcceptUpload => self.accept_upload().await.map(drop),
            Scene::Cancel => self.cancelled().await.map(drop),
            Scene::RunPosted => self.run(&self.posted().await?).await,
            Scene::RunDropped => self.run_dropped().await,
            Scene::RunUploaded => self.run(&self.accept_upload().await?).await,
            Scene::Hide => self.hide().await,
            Scene::Wake => self.wake().await,
            Scene::WriteReceipt => self.write_receipt().await,
            Scene::HandOver => self.hand_over().await,
        }
    }

    // ---------------------------------------------------------------- Scenes of the API

    /// A call, made again under its key, and the message that it leaves.
    async fn post(&self) -> Played {
        let key = Uuid::new_v4().to_string();
        let call = || self.world.posting(FILE, &[]).header("idempotency-key", &key);
        let job = answered(call(), 201).await?;
        ensure(job["data"]["meta"]["queue"]["position"].is_u64(), &job)?;
        answered(call(), 200).await?;
        self.tick(id(&job)).await.map(drop)
    }

    async fn list(&self) -> Played {
        let waiting = self.posted().await?;
        for query in ["", "?filter=eq(status,pending)"] {
            let list = self.answer(Method::GET, &format!("{IMPORTS}{query}"), 200).await?;
            ensure(list["data"][0]["id"] == waiting, &list)?;
        }
        Ok(())
    }

    /// Every call that reads of a job, for one that waits and one that has ended.
    async fn read(&self) -> Played {
        let waiting = self.posted().await?;
        for route in openapi::routes().iter().filter(|route| route.method == "GET" && route.path.contains("{id}")) {
            for (id, below) in [(&waiting, 500), (&self.ended, 400)] {
                let answer = send(self.world.request(Method::GET, &route.path.replace("{id}", id))).await;
                ensure(answer.status < below && route.statuses.contains(&answer.status), &answer.body)?;
            }
        }
        Ok(())
    }

    /// A call that waits for a job that does not change.
    async fn wait(&self) -> Played {
        let waiting = self.posted().await?;
        let job = self.answer(Method::GET, &format!("{IMPORTS}/{waiting}?wait=1"), 200).await?;
        ensure(job["data"]["id"] == waiting, &job)
    }

    async fn download(&self) -> Played {
        let redirect = self.answer(Method::GET, &format!("{IMPORTS}/{}/failed-lines", self.ended), 307).await?;
        let link = redirect["links"]["download"].as_str().unwrap();
        let downloaded = answered(self.world.anonymous(Method::GET, link), 200).await?;
        ensure(downloaded == json!({"type": "subscription_product"}), &downloaded)
    }

    /// A job that was dropped and waits, cancelled: it has a report, and owes a receipt.
    async fn cancelled(&self) -> Played<String> {
        let id = self.dropped().await?;
        let job = self.answer(Method::POST, &format!("{IMPORTS}/{id}/cancel"), 200).await?;
        ensure(job["data"]["attributes"]["status"] == "failed", &job)?;
        ensure(self.lane("receipt#").await.len() == 1 && self.lane("ended#").await.len() == 1, &job)?;
        Ok(id)
    }

    /// A promised upload, its file posted: its id and the version of the file.
    async fn uploaded(&self) -> Played<(String, String)> {
        let call = self.world.request(Method::POST, &format!("{IMPORTS}/uploads"));
        let call = call.body(json!({"data": {"type": "subscription_import_upload"}}).to_string());
        let upload = answered(call, 201).await?;
        let form = &upload["data"]["meta"]["upload"];
        let fields = form["fields"].as_object().unwrap().iter();
        let fields =
            fields.fold(Form::new(), |form, (name, value)| form.text(name.clone(), value.as_str().unwrap().to_owned()));
        let call = self.world.anonymous(Method::POST, form["url"].as_str().unwrap());
        let answer = send(call.multipart(fields.text("file", FILE))).await;
        ensure(answer.status == 201, &answer.body)?;
        let version = answer.headers["x-amz-version-id"].to_str().unwrap().to_owned();
        Ok((id(&upload).to_owned(), version))
    }

    // ---------------------------------------------------------------- Scenes behind it

    /// A drop announced twice, and the one message that it leaves.
    async fn accept_drop(&self) -> Played {
        let (key, version) = self.drop().await;
        let id = self.accept(&key, &version).await?;
        self.tick(&id).await?;
        let again = self.accept(&key, &version).await?;
        ensure(again == id, &json!(again))
    }

    /// A marker has its receipt, the second time in the place of the first one.
    async fn leave_aside(&self) -> Played {
        let name = format!("_{}", Uuid::new_v4());
        let key = format!("drops/{}/{name}", self.world.store);
        let version = self.world.put(&key, "", &[]).await;
        for _ in 0..2 {
            let event = announcement(&self.world, &key, &version);
            root::invoke(&self.world.stack, self.function("accept-drop"), &event).await?;
        }
        let receipt = format!("receipts/{}/{name}.json", self.world.store);
        let object = self.world.s3().head_object().bucket(self.world.stack.bucket()).key(receipt).send().await;
        ensure(object.is_ok(), &json!("no receipt"))
    }

    async fn accept_upload(&self) -> Played<String> {
        let (id, version) = self.uploaded().await?;
        let key = format!("uploads/{}/{id}", self.world.store);
        root::invoke(&self.world.stack, self.function("accept-drop"), &announcement(&self.world, &key, &version))
            .await?;
        self.answer(Method::GET, &format!("{IMPORTS}/{id}"), 200).await?;
        self.tick(&id).await?;
        Ok(id)
    }

    /// A dropped job ends, and has its receipt at once, in the place of an earlier one.
    async fn run_dropped(&self) -> Played {
        let id = self.dropped().await?;
        self.earlier_receipt(&id).await;
        self.run(&id).await?;
        self.eventually("a receipt", async || self.has_receipt(&id).await.then_some(())).await
    }

    /// A message whose worker is at it stays hidden, though the queue would have it back.
    async fn hide(&self) -> Played {
        let id = self.posted().await?;
        let message = self.tick(&id).await?;
        // Nothing else: there is no job for it.
        for entry in self.lane("open#").await {
            self.delete(&entry).await;
        }
        let call = self.sqs().change_message_visibility().queue_url(self.world.stack.queue_url());
        call.receipt_handle(&message).visibility_timeout(8).send().await.unwrap();
        let until = Instant::now() + Duration::from_millis(8_200);
        self.work(&message).await;
        tokio::time::sleep_until(until.into()).await;
        ensure(self.received().await.is_empty(), &json!("the message is back"))
    }

    /// A job that waits without a message gets one.
    async fn wake(&self) -> Played {
        let id = self.posted().await?;
        self.tick(&id).await?;
        self.discard().await;
        for mut entry in self.lane("open#").await {
            self.delete(&entry).await;
            entry.insert("created_at".to_owned(), text("2026-01-01T00:00:00.000000Z"));
            entry.insert("sk".to_owned(), text(&format!("open#2026-01-01T00:00:00.000000Z#{id}")));
            self.put(entry).await;
        }
        root::invoke(&self.world.stack, self.function("resume-imports"), &json!({})).await?;
        self.tick(&id).await.map(drop)
    }

    /// A receipt that is owed for long is written, in the place of an earlier one.
    async fn write_receipt(&self) -> Played {
        let id = self.cancelled().await?;
        self.earlier_receipt(&id).await;
        let call = self.dynamodb().update_item().table_name(self.world.stack.imports_table());
        let call = call.key("pk", text(&self.world.store)).key("sk", text(&format!("import#{id}")));
        let call = call.update_expression("SET finished_at = :before");
        call.expression_attribute_values(":before", text("2026-01-01T00:00:00.000000Z")).send().await.unwrap();
        root::invoke(&self.world.stack, self.function("resume-imports"), &json!({})).await?;
        ensure(self.has_receipt(&id).await, &json!("no receipt"))?;
        ensure(self.lane("ended#").await.is_empty(), &json!("nobody is told"))
    }

    /// A worker without the time for a job hands it over, with a message.
    async fn hand_over(&self) -> Played {
        let worker = self.function("process-import");
        let mut file = Vec::new();
        samples::generate(45_000, 3, 0, &mut file).unwrap();
        let job = answered(self.world.posting(gzip(&file), &[]), 201).await?;
        self.tick(id(&job)).await?;
        self.discard().await;
        let seconds = |time: TimeDelta| json!({"Timeout": time.num_seconds()});
        // Enough to begin on a busy machine, too little to end on a quick one.
        root::configure(&self.world.stack, worker, &seconds(HAND_OVER + TimeDelta::seconds(10))).await;
        self.work("no message").await;
        let handed = self.message(id(&job)).await;
        root::configure(&self.world.stack, worker, &seconds(WORKER_TIMEOUT)).await;
        handed.map(drop).ok_or_else(|| "there is no message".to_owned())
    }
}
