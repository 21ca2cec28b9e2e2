//! The requests by which a job's life moves on, each known by two texts.

use crate::proxy::{Moment, holds};

pub(super) type Step = [&'static str; 2];

const TRANSACTION: &str = "DynamoDB_20120810.TransactWriteItems";
const WRITE: &str = "DynamoDB_20120810.BatchWriteItem";

/// A posted file is stored.
pub(super) const STORE_FILE: Step = ["PUT /", "/imports/store-"];
/// The lane's clock moves, and with it a place in the lane is taken.
pub(super) const MOVE_CLOCK: Step = ["DynamoDB_20120810.UpdateItem", "SET micros = "];
pub(super) const CREATE: Step = [TRANSACTION, "ConditionCheck"];
pub(super) const SEND: Step = ["AmazonSQS.SendMessage", "MessageGroupId"];
pub(super) const CANCEL: Step = [TRANSACTION, "SET cancelled = :true"];
/// A job that was cancelled before its turn gets its number.
pub(super) const NUMBER: Step = [TRANSACTION, "expires_at = :expires REMOVE keep_until"];

/// What functions do that make jobs and end them before any worker has them.
pub(super) const OF_CALLS: [Step; 6] = [STORE_FILE, MOVE_CLOCK, CREATE, SEND, CANCEL, NUMBER];

/// Objects are written that others refer to.
pub(super) const WRITE_PRODUCTS: Step = [WRITE, "Box 30"];

/// What a worker does with a file of [`super::points::small_file`], in this order.
pub(super) const OF_SMALL_FILES: [Step; 18] = [
    ["AmazonSQS.ChangeMessageVisibility", "VisibilityTimeout"],
    [TRANSACTION, "started_at = if_not_exists(started_at, :now)"],
    ["DynamoDB_20120810.UpdateItem", "SET attempt = :attempt"],
    [WRITE, "Box 0"],
    WRITE_PRODUCTS,
    [WRITE, "Monthly"],
    [WRITE, "Club 0"],
    [WRITE, "Club 29"],
    ["x-id=PutObject", "/errors.jsonl"],
    ["x-id=PutObject", "/errors.index"],
    ["x-id=PutObject", "/results.jsonl"],
    ["x-id=PutObject", "/failed-results.jsonl"],
    ["x-id=PutObject", "/failed-lines.jsonl"],
    [TRANSACTION, "REMOVE running SET lease_until = :zero"],
    ["PUT /", "/receipts/store-"],
    ["DynamoDB_20120810.DeleteItem", "receipt#"],
    ["AWSEvents.PutEvents", "Subscription Import Ended"],
    ["DynamoDB_20120810.DeleteItem", "ended#"],
];

/// What it does besides with a report too large for one request.
pub(super) const OF_LARGE_REPORTS: [Step; 3] =
    [["POST /", "?uploads"], ["PUT /", "x-id=UploadPart"], ["POST /", "CompleteMultipartUpload"]];

/// What it does to hand a job over for which its time is too short.
pub(super) const OF_HAND_OVERS: [Step; 2] = [[TRANSACTION, "SET attempt = :before"], SEND];

/// What changes something whenever it happens to come, and what changes nothing.
const OTHERS: [Step; 12] = [
    ["AWSEvents.PutEvents", "Subscription Import Started"],
    ["DynamoDB_20120810.DeleteItem", "started#"],
    ["DynamoDB_20120810.UpdateItem", "SET lease_until = :until"],
    ["DynamoDB_20120810.UpdateItem", "SET uploaded = :uploaded"],
    ["DynamoDB_20120810.UpdateItem", "horizon"],
    ["DynamoDB_20120810.UpdateItem", "SET latest_put = :put"],
    ["DynamoDB_20120810.GetItem", "ConsistentRead"],
    ["DynamoDB_20120810.BatchGetItem", "ConsistentRead"],
    ["DynamoDB_20120810.Query", "ConsistentRead"],
    ["AmazonSQS.GetQueueAttributes", "ApproximateNumberOfMessages"],
    ["GET /", "HTTP/1.1\r\n"],
    ["HEAD /", "HTTP/1.1\r\n"],
];

/// Requires that requests are steps, or change nothing that matters: no step can be left out here.
pub(super) fn check(requests: Vec<Vec<u8>>) {
    let steps = [&OF_CALLS[..], &OF_SMALL_FILES, &OF_LARGE_REPORTS, &OF_HAND_OVERS, &OTHERS].concat();
    for request in requests {
        let is_known = steps.iter().any(|step| holds(&request, *step));
        assert!(is_known, "{}", String::from_utf8_lossy(&request[..request.len().min(3_000)]));
    }
}

/// Every step, with a death before and one after it.
pub(super) fn deaths(steps: &[&[Step]]) -> Vec<(Step, Moment)> {
    steps.concat().into_iter().flat_map(|step| [(step, Moment::Before), (step, Moment::After)]).collect()
}
