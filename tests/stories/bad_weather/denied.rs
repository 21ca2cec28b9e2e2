//! A permission is taken from the stack in the midst of the work, and granted again.

use std::time::Duration;

use aws_sdk_s3::types::ServerSideEncryption;
use futures_util::{StreamExt, stream};
use imports::import::ImportStatus;
use records::RecordErrorCode;

use super::{attempts, ended, job, product};
use crate::{
    proxy::{Befalls, Proxy, answer, holds},
    world::World,
};

const JOBS: usize = 50;

/// Permissions of the worker, and which requests need them: one of each kind of call. The simulation has all of them, for ten
/// minutes each.
const DENIED: [(&str, [&str; 2]); 6] = [
    ("dynamodb:Query", ["DynamoDB_20120810.Query", ""]),
    ("dynamodb:UpdateItem", ["DynamoDB_20120810.", "UpdateExpression"]),
    ("dynamodb:BatchWriteItem", ["DynamoDB_20120810.BatchWriteItem", ""]),
    ("s3:GetObject", ["GET /", "/imports/"]),
    ("s3:PutObject", ["PUT /", "/reports/"]),
    ("sqs:ChangeMessageVisibility", ["AmazonSQS.ChangeMessageVisibility", ""]),
];

/// The answer of a service that denies an action.
fn denial(action: &str) -> Vec<u8> {
    let (status, kind, body) = if action.starts_with("s3:") {
        (
            "403 Forbidden",
            "application/xml",
            "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>".to_owned(),
        )
    } else {
        let said =
            format!("User: arn:aws:sts::123456789012:assumed-role/worker is not authorized to perform: {action}");
        let body = format!("{{\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"message\":\"{said}\"}}");
        ("400 Bad Request", "application/x-amz-json-1.0", body)
    };
    answer(status, kind, &body)
}

/// How many of the jobs have ended.
async fn count_ended(world: &World, ids: &[String]) -> usize {
    let mut ended = 0;
    for id in ids {
        let job = job(world, id).await;
        assert_ne!(job.status, ImportStatus::Failed, "{:?}", job.report);
        ended += usize::from(job.status.is_terminal());
    }
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_denied_in_the_midst_of_the_work_ends_no_job() {
    let (world, proxy) = Proxy::world().await;
    // Nothing is claimed before all wait.
    proxy.weather(Box::new(|request| {
        holds(request, ["DynamoDB_20120810.Query", "lease"]).then(|| Befalls::Answer(denial("dynamodb:Query")))
    }));
    let posts = (0..JOBS).map(|number| world.submit(product(&number.to_string())));
    let ids: Vec<String> = stream::iter(posts).buffered(8).collect().await;
    for (action, texts) in DENIED {
        let before = count_ended(&world, &ids).await;
        proxy.weather(Box::new(move |request| holds(request, texts).then(|| Befalls::Answer(denial(action)))));
        world
            .wait(&format!("denial of {action}"), Duration::from_mins(2), async || (proxy.befallen() > 0).then_some(()))
            .await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        println!("{action}: {} requests denied, {before} of {JOBS} jobs had ended", proxy.befallen());
        proxy.clear_up();
        // The next job comes with a message of its own, which has not been received in vain yet.
        world
            .wait("job that has ended", Duration::from_mins(3), async || {
                (count_ended(&world, &ids).await > before).then_some(())
            })
            .await;
    }
    let mut jobs = Vec::new();
    for id in &ids {
        let job = ended(&world, id).await;
        assert_eq!((job.status, attempts(&world, id).await), (ImportStatus::Success, "1".to_owned()), "{id}");
        jobs.push((job.created_at, job.started_at));
    }
    jobs.sort_unstable();
    assert!(jobs.is_sorted_by_key(|(_, started_at)| *started_at), "a job has started before an earlier one");
    let log = std::fs::read_to_string(world.stack.log()).unwrap();
    assert!(log.contains("refused=\"AccessDeniedException\""), "no alarm would ring");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_under_a_foreign_key_fails_its_job_alone() {
    let (world, proxy) = Proxy::world().await;
    proxy.weather(Box::new(|request| {
        holds(request, ["GET /", "/theirs.jsonl"]).then(|| Befalls::Answer(denial("s3:GetObject")))
    }));
    let put = world.s3().put_object().bucket(world.stack.bucket()).key(format!("drops/{}/theirs.jsonl", world.store));
    let put =
        put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id("arn:aws:kms:eu-west-1:2:key/theirs");
    put.body(product("theirs").into_bytes().into()).send().await.unwrap();
    let id = world.job_of_drop("theirs.jsonl").await;
    let later = world.submit(product("ours")).await;
    assert_eq!(ended(&world, &later).await.status, ImportStatus::Success);
    let failure = ended(&world, &id).await.report.unwrap().failure.unwrap();
    assert_eq!(failure.code, RecordErrorCode::FileUnreadable, "{failure:?}");
    assert!(proxy.befallen() > 0);
}
