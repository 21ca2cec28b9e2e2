//! What a call takes is reckoned as it is written.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use imports::stored::wire_bytes;

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
        any::<String>().prop_map(Json::from),
        "[\\x00-\\x7f]{0,40}".prop_map(Json::from),
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
        let written = body::of("objects", std::slice::from_ref(&record)).unwrap().len();
        let reckoned = wire_bytes(&record);
        prop_assert!(written <= reckoned, "{written} bytes, {reckoned} reckoned");
        prop_assert!(reckoned <= written + 512, "{written} bytes, {reckoned} reckoned");
    }
}
