//! What a call takes is reckoned as the SDK writes it.

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Aws;
use imports::stored::wire_bytes;

/// Measures the body of a call, and stops the call before it is sent.
#[derive(Clone, Debug, Default)]
struct Measure(Arc<Mutex<Option<usize>>>);

impl Intercept for Measure {
    fn name(&self) -> &'static str {
        "measure"
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        *self.0.lock().unwrap() = context.request().body().bytes().map(<[u8]>::len);
        Err("it is not to be sent".into())
    }
}

/// How many bytes the SDK writes for a call that puts these records.
fn written(records: &[StoredRecord]) -> usize {
    let aws = Aws::new(Credentials::new("a", "b", None, None, "test"), "us-east-1".to_owned(), None);
    let table = RecordTable::new(Client::new(&aws.sdk), "objects".to_owned());
    let measure = Measure::default();
    let call = table.write_call(records).unwrap().customize().interceptor(measure.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert!(runtime.block_on(call.send()).is_err(), "it was sent");
    let bytes = *measure.0.lock().unwrap();
    bytes.unwrap()
}

fn record(external_ref: Option<String>, attributes: Object) -> StoredRecord {
    StoredRecord {
        id: RecordId::from_line(Uuid::nil(), 1),
        store: StoreId::from_own_record("store").unwrap(),
        record_type: RecordType::SubscriptionSubscriber,
        external_ref,
        attributes,
        import_id: ImportId::new(Uuid::nil()),
        line: 50_000,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn json() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::from),
        any::<String>().prop_map(Json::String),
        "[\\x00-\\x7f]{0,40}".prop_map(Json::String),
    ];
    scalar.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::Array),
            prop::collection::vec(("[\\x00-\\x7f]{1,9}", inner), 0..8)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_call_is_never_larger_than_reckoned_and_not_much_smaller(
        external_ref in prop::option::of("[\\x00-\\x7fé🌙]{1,80}"),
        values in prop::collection::vec(json(), 1..4),
    ) {
        let attributes = (0..).zip(values).map(|(number, value)| (format!("name {number}"), value)).collect();
        let record = record(external_ref, attributes);
        let (reckoned, written) = (wire_bytes(&record), written(std::slice::from_ref(&record)));
        prop_assert!(written <= reckoned, "{written} bytes, {reckoned} reckoned");
        prop_assert!(reckoned <= written + 512, "{written} bytes, {reckoned} reckoned");
    }
}
