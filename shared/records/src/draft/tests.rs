use std::sync::Arc;

use uuid::Uuid;

use super::super::{LookUp, outline};
use super::*;

mod envelope;
mod inline;
mod nulls;
mod priced;
mod references;
mod rules;
mod warnings;

const ACCOUNT: &str = "550e8400-e29b-41d4-a716-446655440000";

fn id() -> RecordId {
    RecordId::from_line(Uuid::nil(), 1)
}

fn tell(errors: &[RecordError]) -> String {
    errors.iter().map(|error| format!("{:?} | {}", error.code, error.detail())).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a line that refers to nothing, one error a line.
fn check(line: &str) -> String {
    match read(line.as_bytes()) {
        Ok(draft) => tell(&resolve(draft, &[]).err().unwrap_or_default()),
        Err(errors) => tell(&errors),
    }
}

/// What is wrong with attributes, reported without the path they all share.
fn check_attributes(record_type: RecordType, attributes: &str) -> String {
    let line = format!(r#"{{"data":{{"type":"{record_type}","attributes":{attributes}}}}}"#);
    check(&line).replace("data.attributes.", "").replace("data.attributes: ", "")
}

fn draft(line: &str) -> Draft {
    read(line.as_bytes()).unwrap()
}

fn record(line: &str, found: &[Resolution]) -> Record {
    resolve(draft(line), found).unwrap_or_else(|errors| panic!("{}", tell(&errors)))
}

/// Makes a record whose references are answered in order; what is left is missing.
fn resolve(draft: Draft, found: &[Resolution]) -> Result<Record, Vec<RecordError>> {
    let mut found = found.iter().cloned();
    draft.look_up(|_| found.next().unwrap_or(Resolution::Missing)).resolve(id()).map(Option::unwrap)
}

const PLAN: &str = r#""name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,
    "end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":false"#;

fn copy(record_type: RecordType, external_ref: &str) -> Resolution {
    let mut attributes = Object::new();
    attributes.insert("name", "Stored");
    let id = RecordId::from_line(Uuid::max(), 7);
    Resolution::Found(Arc::new(Snapshot::new(id, record_type, Some(external_ref.to_owned()), attributes)))
}

fn stored_offering() -> Resolution {
    let line = format!(
        r#"{{"type":"subscription_offering","external_ref":"box","name":"Box","products":[{{"name":"Tea"}}],
            "plans":[{{"external_ref":"monthly",{PLAN}}}]}}"#
    );
    Resolution::Found(Arc::new(record(&line, &[]).snapshot()))
}

fn subscription(more: &str) -> String {
    format!(
        r#"{{"type":"subscription","account_id":"{ACCOUNT}","currency":"USD","name":"Ada Lovelace",
            "email":"ada@example.com","manual_payments":false,{more}}}"#
    )
}
