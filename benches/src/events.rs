//! The sample events of the project, as calls of the bench.

use std::fs;

use serde_json::{Value, json};

use crate::Outcome;

/// The id of a job in the sample events.
const SAMPLE_ID: &str = "5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f";

/// The sample event of a function, of a job of this id.
pub(crate) fn of(function: &str, job: &str) -> Outcome<Value> {
    let text = fs::read_to_string(format!("events/{function}.json"))?;
    Ok(serde_json::from_str(&text.replace(SAMPLE_ID, job))?)
}

/// A post of lines as they are.
pub(crate) fn post(lines: &str) -> Outcome<Value> {
    let mut event = of("create-import", "")?;
    event["headers"]["content-type"] = json!("application/jsonl");
    event["headers"]["content-length"] = json!(lines.len().to_string());
    event["body"] = json!(lines);
    event["isBase64Encoded"] = json!(false);
    Ok(event)
}

/// The page of 25 that begins behind so many entries.
pub(crate) fn page(function: &str, job: &str, offset: usize) -> Outcome<Value> {
    let mut event = of(function, job)?;
    event["rawQueryString"] = json!(format!("page%5Boffset%5D={offset}&page%5Blimit%5D=25"));
    event["queryStringParameters"]["page[offset]"] = json!(offset.to_string());
    Ok(event)
}

/// What the body of an answer has as its data. An answer of another status is a failure.
pub(crate) fn data(answer: &Value, status: u16) -> Outcome<Value> {
    if answer["statusCode"] != status {
        return Err(format!("the function answered {answer}").into());
    }
    let mut body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
    Ok(body["data"].take())
}
