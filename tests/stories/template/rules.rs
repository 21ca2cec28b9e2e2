//! Rules of queues, data, logs and traces.

use chrono::TimeDelta;
use imports::{message::MOST_RECEIVES, times, upload};
use serde_json::{Value, json};

use super::{Template, ensure, target};

const FUNCTION: &str = "AWS::Lambda::Function";
const QUEUE: &str = "AWS::SQS::Queue";
const BUCKET: &str = "AWS::S3::Bucket";
const TABLE: &str = "AWS::DynamoDB::Table";
const LOGS: &str = "AWS::Logs::LogGroup";

/// The longest that a queue keeps a message, in seconds.
const FOURTEEN_DAYS: u64 = 1_209_600;

/// What a function and a queue are to each other that an event source mapping joins.
struct Feed<'a> {
    function: (&'a str, &'a Value),
    queue: (&'a str, &'a Value),
    mapping: &'a Value,
}

/// Every queue that feeds a function. SAM's own form of it is a mapping too by now.
fn feeds(template: &Template) -> Vec<Feed<'_>> {
    let mappings = template.all("AWS::Lambda::EventSourceMapping");
    let feed =
        |mapping: &'_ Value| (target(&mapping["FunctionName"]).is_some(), target(&mapping["EventSourceArn"]).is_some());
    let feeds: Vec<_> = mappings
        .filter(|(_, mapping)| feed(mapping) == (true, true))
        .filter_map(|(_, mapping)| {
            let function = template.referred(&mapping["FunctionName"], FUNCTION)?;
            let queue = template.referred(&mapping["EventSourceArn"], QUEUE)?;
            Some(Feed { function, queue, mapping })
        })
        .collect();
    assert!(!feeds.is_empty());
    feeds
}

/// AWS refuses a queue that hides messages for a shorter time than their function may run.
pub(super) fn visibility(template: &Template) -> Result<(), String> {
    feeds(template).iter().try_for_each(|feed| {
        let hidden = feed.queue.1["VisibilityTimeout"].as_u64().unwrap_or(30);
        let runs = feed.function.1["Timeout"].as_u64().unwrap_or(3);
        let (queue, function) = (feed.queue.0, feed.function.0);
        ensure(hidden >= runs, || format!("{queue} hides messages for {hidden} s, {function} may run for {runs} s"))
    })
}

/// The times that the functions count on, and the simulation is run with, are those of the template.
pub(super) fn times(template: &Template) -> Result<(), String> {
    let has = |name: &str, property: &str, time: TimeDelta| {
        let value = &template.resources[name]["Properties"][property];
        ensure(*value == time.num_seconds(), || {
            format!("{property} of {name} is {value}, in times.rs {}", time.num_seconds())
        })
    };
    template.all(FUNCTION).try_for_each(|(name, _)| {
        has(
            name,
            "Timeout",
            match name {
                "ProcessImportFunction" => times::WORKER_TIMEOUT,
                "AcceptDropFunction" => times::DROP_TIMEOUT,
                "ResumeImportsFunction" => times::RESUME_TIMEOUT,
                _ => times::API_TIMEOUT,
            },
        )
    })?;
    feeds(template).iter().try_for_each(|feed| has(feed.queue.0, "VisibilityTimeout", times::VISIBILITY))?;
    let minutes = times::RESUME_EVERY.num_minutes();
    template.all("AWS::Events::Rule").try_for_each(|(name, rule)| {
        let rate = &rule["ScheduleExpression"];
        ensure(*rate == format!("rate({minutes} minute)"), || format!("{name} has {rate}, times.rs {minutes} minutes"))
    })
}

/// One message is one job: were there two in a batch, the second would wait for the first within one time-out.
pub(super) fn batches(template: &Template) -> Result<(), String> {
    feeds(template).iter().try_for_each(|feed| {
        let (size, function) = (feed.mapping["BatchSize"].as_u64().unwrap_or(10), feed.function.0);
        ensure(size == 1, || format!("{function} takes {size} messages at once"))?;
        let returns_failures = feed.mapping["FunctionResponseTypes"] == json!(["ReportBatchItemFailures"]);
        ensure(returns_failures, || format!("{function} can't give a message back"))
    })
}

/// Lambda cuts what it takes for a loop: a function that sends to the queue that wakes it, after 16 rounds.
pub(super) fn loops(template: &Template) -> Result<(), String> {
    feeds(template).iter().try_for_each(|feed| {
        let (name, function) = feed.function;
        ensure(function["RecursiveLoop"] == "Allow", || format!("Lambda cuts the rounds of {name}"))
    })
}

/// A message that nobody can handle ends in a queue of the same kind, which keeps it as long as can be. Not soon: messages come
/// back all through an outage.
pub(super) fn dead_letters(template: &Template) -> Result<(), String> {
    feeds(template).iter().try_for_each(|feed| {
        let (name, queue) = feed.queue;
        let redrive = &queue["RedrivePolicy"];
        let dead = template.referred(&redrive["deadLetterTargetArn"], QUEUE);
        let (dead_name, dead) = dead.ok_or_else(|| format!("{name} has no dead-letter queue"))?;
        ensure(queue["FifoQueue"] == true, || format!("{name} is not FIFO"))?;
        ensure(dead["FifoQueue"] == queue["FifoQueue"], || format!("{dead_name} is not FIFO as {name} is"))?;
        let count = redrive["maxReceiveCount"].as_u64().unwrap_or_default();
        ensure(count == u64::from(MOST_RECEIVES), || format!("{name} gives a message up after {count} deliveries"))?;
        kept_long(dead_name, dead)
    })
}

/// What S3 announces to a function is kept when the function fails.
pub(super) fn failed_announcements(template: &Template) -> Result<(), String> {
    let announced: Vec<_> = template
        .all("AWS::Lambda::Permission")
        .filter(|(_, permission)| permission["Principal"] == "s3.amazonaws.com")
        .filter_map(|(_, permission)| target(&permission["FunctionName"]))
        .collect();
    assert!(!announced.is_empty());
    announced.into_iter().try_for_each(|function| {
        let mut configs = template.all("AWS::Lambda::EventInvokeConfig");
        let config = configs.find(|(_, config)| target(&config["FunctionName"]) == Some(function));
        let destination = config.map(|(_, config)| &config["DestinationConfig"]["OnFailure"]["Destination"]);
        let queue = destination.and_then(|destination| template.referred(destination, QUEUE));
        let (name, queue) = queue.ok_or_else(|| format!("what {function} fails at is lost"))?;
        ensure(queue["FifoQueue"].is_null(), || format!("Lambda can't send to {name}, which is FIFO"))?;
        kept_long(name, queue)
    })
}

/// A dead letter that is played back after its fourteen days finds all that it is about: the upload's promise, the file, and
/// the version of it that was announced.
pub(super) fn replayed_letters(template: &Template) -> Result<(), String> {
    // A file may be put a day after its form has expired; Lambda tries for six hours.
    let longest = 24 * 3_600 + 6 * 3_600 + FOURTEEN_DAYS;
    let promised = upload::REMEMBERED.num_seconds().unsigned_abs();
    ensure(promised >= longest, || format!("a promise is kept for {promised} s, its letter for {longest} s"))?;
    template.all(BUCKET).try_for_each(|(name, bucket)| {
        let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().into_iter().flatten();
        let days = rules.filter_map(|rule| {
            let is_of_files = ["drops/", "uploads/"].into_iter().any(|prefix| rule["Prefix"] == prefix);
            let old = rule["NoncurrentVersionExpiration"]["NoncurrentDays"].as_u64();
            old.or_else(|| rule["ExpirationInDays"].as_u64().filter(|_| is_of_files))
        });
        let least = days.min().unwrap_or_default();
        ensure(least * 24 * 3_600 >= longest - 24 * 3_600, || format!("{name} forgets files after {least} days"))
    })
}

fn kept_long(name: &str, queue: &Value) -> Result<(), String> {
    let kept = queue["MessageRetentionPeriod"].as_u64().unwrap_or(345_600);
    ensure(kept == FOURTEEN_DAYS, || format!("{name} keeps messages for {kept} s, not {FOURTEEN_DAYS}"))
}

/// Everything at rest is encrypted; with the operator's key where there is one.
pub(super) fn encryption(template: &Template) -> Result<(), String> {
    let key = template.key.as_ref().map_or(Value::Null, |key| json!(key));
    let by = if key.is_null() { "" } else { " with the operator's key" };
    let all = |kind, is_encrypted: &dyn Fn(&Value) -> bool| {
        template
            .all(kind)
            .try_for_each(|(name, of)| ensure(is_encrypted(of), || format!("{name} is not encrypted{by}")))
    };
    all(TABLE, &|table| {
        let sse = &table["SSESpecification"];
        sse["SSEEnabled"] == true && sse["SSEType"] == "KMS" && sse["KMSMasterKeyId"] == key
    })?;
    all(QUEUE, &|queue| queue["SqsManagedSseEnabled"] == key.is_null() && queue["KmsMasterKeyId"] == key)?;
    all(BUCKET, &|bucket| {
        let default =
            &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"];
        let algorithm = if key.is_null() { "AES256" } else { "aws:kms" };
        default["SSEAlgorithm"] == algorithm && default["KMSMasterKeyID"] == key
    })?;
    all(LOGS, &|logs| logs["KmsKeyId"] == key)?;
    all(FUNCTION, &|function| function["KmsKeyArn"] == key)
}

/// Bucket and queues refuse whoever comes without TLS.
pub(super) fn tls(template: &Template) -> Result<(), String> {
    let arn = |name: &str| json!({"Fn::GetAtt": [name, "Arn"]});
    template.all(QUEUE).try_for_each(|(name, _)| {
        let mut policies = template.all("AWS::SQS::QueuePolicy");
        let policy = policies.find(|(_, policy)| policy["Queues"] == json!([{"Ref": name}]));
        refuses_plain(name, policy, &arn(name), "sqs:*")
    })?;
    template.all(BUCKET).try_for_each(|(name, _)| {
        let policy = template.all("AWS::S3::BucketPolicy").find(|(_, policy)| target(&policy["Bucket"]) == Some(name));
        refuses_plain(name, policy, &json!([arn(name), {"Fn::Sub": format!("${{{name}.Arn}}/*")}]), "s3:*")
    })
}

fn refuses_plain(name: &str, policy: Option<(&str, &Value)>, resource: &Value, action: &str) -> Result<(), String> {
    let wanted = json!({
        "Sid": "OnlyOverTls", "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    let statements = policy.and_then(|(_, policy)| policy["PolicyDocument"]["Statement"].as_array());
    ensure(statements.is_some_and(|statements| statements.contains(&wanted)), || format!("{name} takes plain HTTP"))
}

/// Nothing in the bucket is ever public.
pub(super) fn public_access(template: &Template) -> Result<(), String> {
    template.all(BUCKET).try_for_each(|(name, bucket)| {
        let blocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
        blocks.into_iter().try_for_each(|block| {
            let blocked = bucket["PublicAccessBlockConfiguration"][block] == true;
            ensure(blocked, || format!("{name} lacks {block}"))
        })?;
        let owner = &bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"];
        ensure(owner == "BucketOwnerEnforced", || format!("{name} has access lists"))
    })
}

/// A drop put over another one does not take its file away.
pub(super) fn versions(template: &Template) -> Result<(), String> {
    template.all(BUCKET).try_for_each(|(name, bucket)| {
        ensure(bucket["VersioningConfiguration"]["Status"] == "Enabled", || format!("{name} has no versions"))
    })
}

/// Nothing stays in the bucket for ever: not what is put under any prefix, no part of an upload, no old version.
pub(super) fn lifecycle(template: &Template) -> Result<(), String> {
    template.all(BUCKET).try_for_each(|(name, bucket)| {
        let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().cloned().unwrap_or_default();
        let has = |of: &dyn Fn(&Value) -> bool| rules.iter().any(|rule| rule["Status"] == "Enabled" && of(rule));
        let days = |value: &Value| value.as_u64().is_some_and(|days| days > 0);
        let whole = |rule: &Value| rule["Prefix"].is_null();
        let parts = has(&|rule| whole(rule) && days(&rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]));
        ensure(parts, || format!("{name} keeps parts of uploads"))?;
        let old = has(&|rule| whole(rule) && days(&rule["NoncurrentVersionExpiration"]["NoncurrentDays"]));
        ensure(old, || format!("{name} keeps old versions"))?;
        let prefixes = prefixes(template, bucket);
        assert!(prefixes.len() >= 4, "{prefixes:?}");
        prefixes.iter().try_for_each(|prefix| {
            let expires = has(&|rule| rule["Prefix"] == **prefix && days(&rule["ExpirationInDays"]));
            ensure(expires, || format!("{name} keeps what is under {prefix}"))
        })
    })
}

/// The prefixes that functions may put objects under, and those whose objects are announced.
fn prefixes(template: &Template, bucket: &Value) -> Vec<String> {
    let announced = bucket["NotificationConfiguration"]["LambdaConfigurations"].as_array().unwrap().iter();
    let announced = announced.map(|to| to["Filter"]["S3Key"]["Rules"][0]["Value"].as_str().unwrap().to_owned());
    let statements = super::permissions::statements(template);
    let puts =
        statements.iter().filter(|(_, statement)| one_or_many(&statement["Action"]).contains(&&json!("s3:PutObject")));
    let written = puts.flat_map(|(_, statement)| one_or_many(&statement["Resource"])).map(|resource| {
        let path = resource["Fn::Sub"].as_str().or_else(|| resource["Fn::Sub"][0].as_str()).unwrap();
        path.trim_end_matches('*').rsplit_once("}/").unwrap().1.to_owned()
    });
    announced.chain(written).collect()
}

/// What may stand alone or in a list.
pub(super) fn one_or_many(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

/// Data can be brought back to any second of the last weeks, and outlives its stack.
pub(super) fn recovery(template: &Template) -> Result<(), String> {
    template.all(TABLE).try_for_each(|(name, table)| {
        let recovers = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        ensure(*recovers == true, || format!("{name} can't be recovered"))
    })?;
    template.all(TABLE).chain(template.all(BUCKET)).try_for_each(|(name, _)| {
        let is = |policy: &str, wanted: &str| {
            let is_so = template.resources[name][policy] == wanted;
            ensure(is_so, || format!("{policy} of {name} is not {wanted}"))
        };
        // A first deployment that fails leaves nothing behind that a second one stumbles over.
        is("DeletionPolicy", "RetainExceptOnCreate")?;
        is("UpdateReplacePolicy", "Retain")
    })
}

/// Every function logs JSON into a group of its own, at the level that the operator chose; no group keeps its lines for ever.
pub(super) fn logs(template: &Template) -> Result<(), String> {
    template.all(LOGS).try_for_each(|(name, group)| {
        ensure(group["RetentionInDays"].as_u64().is_some_and(|days| days > 0), || {
            format!("{name} keeps lines for ever")
        })
    })?;
    template.all(FUNCTION).try_for_each(|(name, function)| {
        let config = &function["LoggingConfig"];
        ensure(config["LogFormat"] == "JSON", || format!("{name} does not log JSON"))?;
        // What it leaves out makes no metric, and the alarms on these go deaf.
        ["ApplicationLogLevel", "SystemLogLevel"].into_iter().try_for_each(|filter| {
            ensure(config[filter].is_null(), || format!("Lambda filters what {name} logs: {filter}"))
        })?;
        let level = &function["Environment"]["Variables"]["RUST_LOG"];
        ensure(*level == template.log_level, || format!("{name} logs at the level {level}"))?;
        let group = template.referred(&config["LogGroup"], LOGS);
        let (group, _) = group.ok_or_else(|| format!("{name} logs into a group that it makes itself"))?;
        let users =
            template.all(FUNCTION).filter(|(_, other)| target(&other["LoggingConfig"]["LogGroup"]) == Some(group));
        ensure(users.count() == 1, || format!("{name} shares its log group"))
    })
}

/// Every call of the API is logged in one line of JSON, which says by whom the caller's complaint can be found.
pub(super) fn access_log(template: &Template) -> Result<(), String> {
    template.all("AWS::ApiGatewayV2::Stage").try_for_each(|(name, stage)| {
        let settings = &stage["AccessLogSettings"];
        let group = template.referred(&settings["DestinationArn"], LOGS);
        ensure(group.is_some(), || format!("{name} has no access log"))?;
        let format = settings["Format"].as_str().unwrap_or_default();
        let line: Value = serde_json::from_str(format).map_err(|_| format!("{name} does not log JSON"))?;
        ensure(!format.contains('\n'), || format!("{name} logs a call in several lines"))?;
        let needed =
            [("request_id", "$context.requestId"), ("status", "$context.status"), ("route", "$context.routeKey")];
        needed
            .into_iter()
            .try_for_each(|(field, value)| ensure(line[field] == value, || format!("{name} logs no {field}")))
    })
}

/// Every function is traced.
pub(super) fn tracing(template: &Template) -> Result<(), String> {
    template.all(FUNCTION).try_for_each(|(name, function)| {
        ensure(function["TracingConfig"]["Mode"] == "Active", || format!("{name} is not traced"))
    })
}
