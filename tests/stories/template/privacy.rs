//! What the runbook says is kept, and for how long, is what the template keeps.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ROOT, Template, ensure};

const HEADING: &str = "\n## What is kept, where and for how long\n";
const DAY: u64 = 24 * 60 * 60;

/// A row of the runbook's table.
struct Kept {
    place: String,
    what: String,
    how_long: String,
}

/// The runbook's table.
fn table() -> Vec<Kept> {
    let text = std::fs::read_to_string(format!("{ROOT}/docs/operations.md")).unwrap();
    let section = text.split_once(HEADING).unwrap().1.split("\n#").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")).skip(2);
    let cells = rows.map(|row| row.split(" | ").map(str::to_owned).collect::<Vec<_>>());
    let kept: Vec<_> = cells
        .map(|cells| match <[String; 3]>::try_from(cells) {
            Ok([place, what, how_long]) => Kept { place, what, how_long },
            Err(cells) => panic!("{cells:?}"),
        })
        .collect();
    assert!(kept.len() >= 9);
    kept
}

/// The words of a text that stand as code.
fn code(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// How long the runbook says that something is kept, `None` where it does not mention it.
fn retention_in_runbook(place: &str) -> Option<String> {
    table().into_iter().find(|row| row.place == place || code(&row.place).contains(place)).map(|row| row.how_long)
}

/// Log groups, the access log's fields, queues and the bucket's prefixes are as the runbook's table says.
pub(super) fn privacy(template: &Template) -> Result<(), String> {
    logs(template)?;
    template.all("AWS::SQS::Queue").try_for_each(|(name, queue)| {
        let days = queue["MessageRetentionPeriod"].as_u64().unwrap_or(4 * DAY) / DAY;
        said(name, &format!("{days} days"))
    })?;
    template.all("AWS::S3::Bucket").try_for_each(|(_, bucket)| files(template, bucket))
}

fn logs(template: &Template) -> Result<(), String> {
    template.all("AWS::Logs::LogGroup").try_for_each(|(name, group)| {
        ensure(group["RetentionInDays"] == template.log_days, || format!("{name} is not kept for LogRetentionDays"))
    })?;
    said("logs of the functions", "`LogRetentionDays`")?;
    said("access log of the API", "`LogRetentionDays`")?;
    let row = table().into_iter().find(|row| row.place == "access log of the API").unwrap();
    template.all("AWS::ApiGatewayV2::Stage").try_for_each(|(name, stage)| {
        let format = stage["AccessLogSettings"]["Format"].as_str().unwrap_or_default();
        let line: Value = serde_json::from_str(format).map_err(|_| format!("{name} does not log JSON"))?;
        let logged: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let others: Vec<_> = logged.symmetric_difference(&code(&row.what)).copied().collect();
        ensure(others.is_empty(), || format!("{name} and the runbook differ in {others:?}"))
    })
}

fn files(template: &Template, bucket: &Value) -> Result<(), String> {
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_array().unwrap();
    rules.iter().filter(|rule| rule["Prefix"].is_string()).try_for_each(|rule| {
        let days = &rule["ExpirationInDays"];
        let kept =
            if *days == template.import_days { "`ImportRetentionDays`".to_owned() } else { format!("{days} days") };
        said(rule["Prefix"].as_str().unwrap(), &kept)
    })?;
    let old = rules.iter().find_map(|rule| rule["NoncurrentVersionExpiration"]["NoncurrentDays"].as_u64());
    said("old versions in the bucket", &format!("{} days more", old.unwrap_or_default()))
}

/// Checks that the runbook says that something is kept for so long.
fn said(place: &str, how_long: &str) -> Result<(), String> {
    let documented = retention_in_runbook(place).ok_or_else(|| format!("the runbook does not mention {place}"))?;
    ensure(documented == how_long, || format!("{place} is kept for {how_long}, the runbook says {documented}"))
}
