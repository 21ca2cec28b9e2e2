//! Rules of alarms, the dashboard and the runbook: each metric there is, everything watched, every alarm explained.

use std::{collections::BTreeSet, fs};

use imports::telemetry;
use serde_json::{Value, json};

use super::{ROOT, Template, ensure, permissions, target};
use crate::root::kebab;

const ALARM: &str = "AWS::CloudWatch::Alarm";
const FUNCTION: &str = "AWS::Lambda::Function";
const FILTER: &str = "AWS::Logs::MetricFilter";
const TABLE: &str = "AWS::DynamoDB::Table";

/// The lines that `shared/aws` logs of calls that AWS refuses.
const REFUSED: &str = r#"{ $.fields.refused = "*" }"#;
/// The lines that `shared/imports` logs of debts that nobody has paid for long.
const OVERDUE: &str = r#"{ $.fields.overdue = "*" }"#;

/// The metrics of AWS that are looked at, as its documentation spells them: namespace, names, dimensions.
const METRICS: [(&str, &[&str], &[&str]); 6] = [
    ("AWS/SQS", &["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"], &["QueueName"]),
    ("AWS/Lambda", &["Errors", "Throttles", "Invocations", "Duration"], &["FunctionName"]),
    ("AWS/ApiGateway", &["Count", "4xx", "5xx", "Latency"], &["ApiId"]),
    (
        "AWS/DynamoDB",
        &["ReadThrottleEvents", "WriteThrottleEvents", "ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"],
        &["TableName"],
    ),
    // Errors of DynamoDB's own are counted by operation alone.
    ("AWS/DynamoDB", &["SystemErrors"], &["TableName", "Operation"]),
    // Ours: the rest is in the code that sends them.
    (telemetry::NAMESPACE, &[], &[]),
];

/// What DynamoDB calls the operations that write in bulk and in transactions.
const OPERATIONS: [&str; 2] = ["BatchWriteItem", "TransactWriteItems"];

/// A metric that somebody looks at: its name and its dimensions.
struct Metric<'a> {
    namespace: &'a str,
    name: &'a str,
    dimensions: Vec<(&'a str, Value)>,
}

impl Metric<'_> {
    /// There is such a metric: AWS takes any name, and one that nobody sends stays silent.
    fn is_sent(&self, template: &Template) -> bool {
        let names: Vec<&str> = self.dimensions.iter().map(|(name, _)| *name).collect();
        let known = if counted_in_logs(template).any(|metric| metric == (self.namespace, self.name)) {
            self.dimensions.is_empty()
        } else if self.namespace == telemetry::NAMESPACE {
            telemetry::METRICS.iter().any(|metric| metric.name == self.name && metric.dimensions.contains(&&names[..]))
        } else {
            METRICS.iter().any(|(space, metrics, dimensions)| {
                *space == self.namespace && metrics.contains(&self.name) && *dimensions == names
            })
        };
        known && self.dimensions.iter().all(|(name, value)| is_there(template, name, value))
    }
}

/// A dimension's value is something of this stack.
fn is_there(template: &Template, dimension: &str, value: &Value) -> bool {
    let is = |kind| template.referred(value, kind).is_some();
    match dimension {
        "FunctionName" => is(FUNCTION) && !value["Ref"].is_null(),
        "TableName" => is(TABLE) && !value["Ref"].is_null(),
        "ApiId" => is("AWS::ApiGatewayV2::Api") && !value["Ref"].is_null(),
        "QueueName" => is("AWS::SQS::Queue") && value["Fn::GetAtt"][1] == "QueueName",
        telemetry::STACK => *value == json!({"Ref": "AWS::StackName"}),
        telemetry::OUTCOME => telemetry::JobOutcome::ALL.iter().any(|outcome| outcome.as_str() == value),
        "Operation" => OPERATIONS.iter().any(|operation| operation == value),
        _ => false,
    }
}

fn metric_of(alarm: &Value) -> Metric<'_> {
    let dimensions = alarm["Dimensions"].as_array().into_iter().flatten();
    let dimensions = dimensions.map(|one| (one["Name"].as_str().unwrap_or_default(), one["Value"].clone())).collect();
    let text = |name: &str| alarm[name].as_str().or(alarm[name]["Fn::Sub"].as_str()).unwrap_or_default();
    Metric { namespace: text("Namespace"), name: text("MetricName"), dimensions }
}

/// The metrics that CloudWatch counts in logs: namespace and name.
fn counted_in_logs(template: &Template) -> impl Iterator<Item = (&str, &str)> {
    template.all(FILTER).filter_map(|(_, filter)| {
        let metric = &filter["MetricTransformations"][0];
        metric["MetricNamespace"]["Fn::Sub"].as_str().zip(metric["MetricName"].as_str())
    })
}

/// What AWS refuses is counted in the log of every function that calls it, and an alarm looks at it.
pub(super) fn refusals(template: &Template) -> Result<(), String> {
    let alarms: Vec<_> = template.all(ALARM).map(|(_, alarm)| metric_of(alarm)).collect();
    let mut callers = template.all(FUNCTION).filter(|(name, _)| !permissions::only_logs(template, name));
    callers.try_for_each(|(name, function)| {
        let group = target(&function["LoggingConfig"]["LogGroup"]);
        let of_group = |(_, filter): &(&str, &Value)| target(&filter["LogGroupName"]) == group;
        let of_debts = |(_, filter): &(&str, &Value)| filter["FilterPattern"] == OVERDUE;
        let filter = template.all(FILTER).find(|filter| of_group(filter) && !of_debts(filter));
        let (_, filter) = filter.ok_or_else(|| format!("nobody counts what {name} is refused"))?;
        let pattern = &filter["FilterPattern"];
        ensure(pattern == REFUSED, || format!("of {name} is counted {pattern}"))?;
        let metric = &filter["MetricTransformations"][0];
        let is_watched = alarms
            .iter()
            .any(|alarm| metric["MetricNamespace"]["Fn::Sub"] == alarm.namespace && metric["MetricName"] == alarm.name);
        ensure(is_watched, || format!("no alarm looks at what {name} is refused"))
    })
}

/// Each alarm looks at a metric that there is and goes to the topic; everything that can go wrong has an alarm.
pub(super) fn alarms(template: &Template) -> Result<(), String> {
    let to = template.topic.as_ref().map_or(Value::Null, |topic| json!([topic]));
    let mut watched = BTreeSet::new();
    for (name, alarm) in template.all(ALARM) {
        let metric = metric_of(alarm);
        ensure(metric.is_sent(template), || format!("{name} looks at a metric that nobody sends"))?;
        let is_sent = alarm["AlarmActions"] == to && alarm["OKActions"] == to;
        ensure(is_sent, || format!("{name} does not go to the topic"))?;
        let missing = &alarm["TreatMissingData"];
        ensure(missing == "notBreaching" || missing == "breaching", || format!("{name} may never be decided"))?;
        watched.extend(metric.dimensions.iter().map(|(_, of)| (metric.name, shown(of))));
    }
    let wanted = wanted(template);
    let unwatched = wanted.iter().find(|wanted| !watched.contains(*wanted));
    unwatched.map_or(Ok(()), |(metric, of)| Err(format!("no alarm looks at {metric} of {of}")))?;
    template.all(ALARM).try_for_each(|(name, alarm)| {
        let told = alarm["AlarmDescription"].as_str().unwrap_or_default();
        let dimensions = metric_of(alarm).dimensions;
        let mut functions = dimensions.iter().filter_map(|(_, of)| target(of)?.strip_suffix("Function"));
        let is_named = functions.all(|function| told.contains(&kebab(function)));
        ensure(is_named, || format!("{name} tells of another function: {told}"))
    })
}

fn shown(value: &Value) -> String {
    target(value).or_else(|| value.as_str()).unwrap_or_default().to_owned()
}

/// The metrics that are watched in every stack: they tell of work that stops, or is lost unless somebody acts.
const ALWAYS: [&str; 6] = [
    "ApproximateAgeOfOldestMessage",
    "ApproximateNumberOfMessagesVisible",
    "JobsFinished of given_up",
    "StrayFiles",
    "5xx",
    "Invocations",
];

/// What has to be watched: metric and resource.
fn wanted(template: &Template) -> Vec<(&'static str, String)> {
    let mut wanted = all_wanted(template);
    let is_always =
        |metric: &str, of: &str| ALWAYS.contains(&metric) || ALWAYS.contains(&&*format!("{metric} of {of}"));
    wanted.retain(|(metric, of)| template.has_all_alarms || is_always(metric, of));
    wanted
}

fn all_wanted(template: &Template) -> Vec<(&'static str, String)> {
    let stack = shown(&json!({"Ref": "AWS::StackName"}));
    let outcomes = ["failed", "given_up"].map(|outcome| ("JobsFinished", outcome.to_owned()));
    let mut wanted = [&outcomes[..], &[("StrayFiles", stack)]].concat();
    let called_by = |function: &str, service: &str| {
        let mut permissions = template.all("AWS::Lambda::Permission");
        permissions.any(|(_, of)| target(&of["FunctionName"]) == Some(function) && of["Principal"] == service)
    };
    for (function, _) in template.all(FUNCTION) {
        wanted.push(("Errors", function.to_owned()));
        // Where the API calls, a throttle is one of its own errors.
        if !called_by(function, "apigateway.amazonaws.com") {
            wanted.push(("Throttles", function.to_owned()));
        }
        if called_by(function, "events.amazonaws.com") {
            wanted.push(("Invocations", function.to_owned()));
        }
    }
    for (queue, of) in template.all("AWS::SQS::Queue") {
        let feeds = !of["RedrivePolicy"].is_null();
        wanted.push((
            if feeds { "ApproximateAgeOfOldestMessage" } else { "ApproximateNumberOfMessagesVisible" },
            queue.to_owned(),
        ));
    }
    for (table, _) in template.all(TABLE) {
        wanted
            .extend(["ReadThrottleEvents", "WriteThrottleEvents", "SystemErrors"].map(|name| (name, table.to_owned())));
    }
    wanted.extend(template.all("AWS::ApiGatewayV2::Api").map(|(api, _)| ("5xx", api.to_owned())));
    wanted
}

/// The dashboard can be read, and shows metrics that there are: all of our own, and how each function fares.
pub(super) fn dashboard(template: &Template) -> Result<(), String> {
    let (name, dashboard) = template.all("AWS::CloudWatch::Dashboard").next().ok_or("there is no dashboard")?;
    let body: Value = serde_json::from_str(&assembled(&dashboard["DashboardBody"]["Fn::Sub"]))
        .map_err(|_| format!("{name} is not JSON"))?;
    let (mut shown, mut functions) = (BTreeSet::new(), BTreeSet::new());
    for widget in body["widgets"].as_array().ok_or("the dashboard is empty")? {
        let title = widget["properties"]["title"].as_str().unwrap_or_default();
        for line in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let words: Vec<&str> = line.as_array().into_iter().flatten().map_while(Value::as_str).collect();
            let dimensions = words[2..].chunks(2).map(|pair| (pair[0], substituted(pair[1]))).collect();
            let metric = Metric { namespace: words[0], name: words[1], dimensions };
            ensure(metric.is_sent(template), || format!("{title:?} shows a metric that nobody sends: {line}"))?;
            functions.extend(
                metric
                    .dimensions
                    .iter()
                    .filter_map(|(_, value)| Some((target(value)?.to_owned(), metric.name.to_owned()))),
            );
            shown.insert(words[1].to_owned());
        }
    }
    for (function, _) in template.all(FUNCTION) {
        let is_shown = ["Errors", "Duration"]
            .iter()
            .all(|metric| functions.contains(&(function.to_owned(), (*metric).to_owned())));
        ensure(is_shown, || format!("{name} does not show how {function} fares"))?;
    }
    let left_out = telemetry::METRICS.iter().find(|metric| !shown.contains(metric.name));
    left_out.map_or(Ok(()), |metric| Err(format!("{name} does not show {}", metric.name)))
}

/// A text of `!Sub` with the parts that are beside it, each a text of its own.
fn assembled(sub: &Value) -> String {
    let text = sub[0].as_str().unwrap_or_default().to_owned();
    sub[1].as_object().into_iter().flatten().fold(text, |text, (name, part)| {
        text.replace(&format!("${{{name}}}"), part["Fn::Sub"].as_str().unwrap_or_default())
    })
}

/// What `!Sub` makes of a text that is one reference, or none.
fn substituted(text: &str) -> Value {
    let Some(reference) = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) else { return json!(text) };
    reference.split_once('.').map_or_else(|| json!({"Ref": reference}), |(of, part)| json!({"Fn::GetAtt": [of, part]}))
}

/// What the runbook says of the alarms of all functions of the API at once.
const OF_THE_API: &str = "{Function}ErrorsAlarm";

/// The runbook explains every alarm, and none that there is not.
pub(super) fn runbook(template: &Template) -> Result<(), String> {
    let runbook = fs::read_to_string(format!("{ROOT}/docs/operations.md")).unwrap();
    let of_api = template
        .all("AWS::Lambda::Permission")
        .filter(|(_, permission)| permission["Principal"] == "apigateway.amazonaws.com")
        .filter_map(|(_, permission)| target(&permission["FunctionName"])?.strip_suffix("Function"))
        .map(|function| format!("{function}ErrorsAlarm"));
    let runbook = runbook.replace(OF_THE_API, &of_api.collect::<Vec<_>>().join(" "));
    let words = runbook.split(|letter: char| !letter.is_alphanumeric());
    let explained: BTreeSet<&str> = words.filter(|word| word.ends_with("Alarm") && *word != "Alarm").collect();
    let there: BTreeSet<&str> = template.all(ALARM).map(|(name, _)| name).collect();
    let mut difference = there.symmetric_difference(&explained);
    difference.find(|name| template.has_all_alarms || there.contains(*name)).map_or(Ok(()), |name| {
        let where_to = if explained.contains(name) { "the template" } else { "the runbook" };
        Err(format!("{name} is missing in {where_to}"))
    })
}
