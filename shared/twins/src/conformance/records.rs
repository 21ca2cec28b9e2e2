//! What a [`Records`] promises. Every test has ids of its own.

use uuid::Uuid;

use super::{at, fresh_store, promises};
use imports::{
    import::ImportId,
    ports::{BatchRead, BatchWrite, Records},
    stored::{Mark, StoredRecord, wire_bytes},
    used::Used,
};
use records::{
    RecordErrors, RecordId, RecordType, check_storable,
    json::{Decimal, Json, Object, Path, read},
    limits::{MAX_ITEM_BYTES, MAX_ITEM_DEPTH},
};

promises! { $ records_promises in records:
    a_record_is_read_as_it_was_written,
    a_name_may_hold_any_character,
    a_number_keeps_its_value_to_the_limits,
    a_record_is_written_over_whole,
    what_is_not_stored_is_not_found,
    marks_tell_who_wrote_an_object_and_when_it_was_made,
    a_whole_batch_is_written_and_read,
    what_calls_use_up_is_counted,
    a_batch_over_the_limit_is_refused,
    a_batch_that_names_an_id_twice_is_refused,
    the_deepest_record_that_we_let_pass_is_taken,
    the_largest_record_that_we_let_pass_is_taken,
    the_largest_call_that_we_let_pass_is_taken,
    a_batch_of_large_records_is_read_in_the_end,
    one_record_too_large_sinks_its_batch,
    one_record_too_deep_sinks_its_batch,
    one_number_out_of_range_sinks_its_batch,
}

fn record(attributes: &str) -> StoredRecord {
    let mut wrong = Vec::new();
    let attributes = read(attributes, &mut |error| wrong.push(error.reason.to_string()));
    assert_eq!(wrong, [""; 0]);
    with_attributes(attributes.unwrap())
}

fn with_attributes(attributes: Object) -> StoredRecord {
    StoredRecord {
        id: fresh_id(),
        store: fresh_store(),
        record_type: RecordType::SubscriptionPlan,
        external_ref: Some("monthly/é 🌙".to_owned()),
        attributes,
        import_id: ImportId::new(Uuid::new_v4()),
        line: 50_001,
        created_at: at(0),
        updated_at: at(1),
    }
}

fn fresh_id() -> RecordId {
    RecordId::parse(&Uuid::new_v4().to_string()).unwrap()
}

/// The record with members sorted by name and numbers written in one way: the database keeps neither order nor zeros.
fn plain(record: StoredRecord) -> StoredRecord {
    let Json::Object(attributes) = plain_value(Json::Object(record.attributes)) else { unreachable!() };
    StoredRecord { attributes, ..record }
}

fn plain_value(value: Json) -> Json {
    match value {
        Json::Object(object) => {
            let mut members: Vec<_> = object.into_iter().map(|(name, value)| (name, plain_value(value))).collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            Json::Object(members.into_iter().collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(plain_value).collect()),
        Json::Number(text) => {
            let number = Decimal::from_text(&text);
            let Decimal { negative, magnitude, .. } = number;
            // Zero has neither sign nor magnitude.
            let text = match number.digits() {
                zero if zero.is_empty() => "0".to_owned(),
                digits => format!("{negative} {digits} {magnitude}"),
            };
            text.into()
        }
        scalar => scalar,
    }
}

async fn write(records: &impl Records, batch: &[StoredRecord]) {
    let mut left = batch.to_vec();
    while !left.is_empty() {
        match records.write_batch(&left).await.unwrap() {
            BatchWrite::Written { unprocessed } => left.retain(|record| unprocessed.contains(&record.id)),
            BatchWrite::Refused { reason } => unreachable!("refused: {reason}"),
        }
    }
}

/// Reads until nothing is left over; answers in the order of the ids.
async fn read_back(records: &impl Records, ids: &[RecordId]) -> Vec<StoredRecord> {
    let (mut found, mut left) = (Vec::new(), ids.to_vec());
    while !left.is_empty() {
        let read = records.read_batch(&left).await.unwrap();
        found.extend(read.found);
        left = read.unprocessed;
    }
    found.sort_by_key(|record| ids.iter().position(|id| *id == record.id));
    found
}

async fn check(records: &impl Records, record: StoredRecord) {
    write(records, std::slice::from_ref(&record)).await;
    let found = read_back(records, &[record.id]).await;
    assert_eq!(found.into_iter().map(plain).collect::<Vec<_>>(), [plain(record)]);
}

async fn check_attributes(records: &impl Records, attributes: &str) {
    check(records, record(attributes)).await;
}

async fn check_refused(records: &impl Records, batch: &[StoredRecord]) {
    let written = records.write_batch(batch).await;
    assert!(matches!(written, Ok(BatchWrite::Refused { .. })), "{written:?}");
    let ids: Vec<RecordId> = batch.iter().map(|record| record.id).collect();
    for ids in ids.chunks(20) {
        let mut ids = ids.to_vec();
        ids.dedup();
        assert_eq!(read_back(records, &ids).await, []);
    }
}

pub async fn a_record_is_read_as_it_was_written(records: &impl Records) {
    check_attributes(records, "{}").await;
    check_attributes(records, r#"{"n":null,"t":true,"f":false,"s":"","o":{},"a":[],"i":7}"#).await;
    check_attributes(
        records,
        r#"{"z":{"b":[1,[2,{"c":[null,""]}],{}],"a":{"a":{"a":[[[]]]}}},"a":"é 🌙 \u0000 \\ \""}"#,
    )
    .await;
    let unnamed = StoredRecord { external_ref: None, record_type: RecordType::Subscription, ..record("{}") };
    check(records, unnamed).await;
}

pub async fn a_name_may_hold_any_character(records: &impl Records) {
    check_attributes(records, r##"{"a.b":1,"#n":2,":v":3," ":4,"é🌙":5,"a[0]":6,"id":7,"N":"8","$":{"M":{"S":"x"}}}"##)
        .await;
}

pub async fn a_number_keeps_its_value_to_the_limits(records: &impl Records) {
    let nines = "9".repeat(38);
    let numbers = [
        "0",
        "-0",
        "0.0",
        "-7",
        "1.0",
        "100",
        "1e2",
        "1E+2",
        "0.10",
        "1e-7",
        "123456789012345678901234567890",
        "0.1234567890123456789012345678901234567",
        "1e125",
        "-1e125",
        "1e-130",
        "-1e-130",
    ];
    for number in numbers {
        check_attributes(records, &format!("{{\"n\":{number}}}")).await;
    }
    check_attributes(records, &format!("{{\"n\":[{nines},-{nines},0.{nines},{nines}e87]}}")).await;
}

pub async fn a_record_is_written_over_whole(records: &impl Records) {
    let first = record(r#"{"name":"First","gone":true}"#);
    write(records, std::slice::from_ref(&first)).await;
    let second = StoredRecord { id: first.id, external_ref: None, line: 2, ..record(r#"{"name":"Second"}"#) };
    check(records, second).await;
}

pub async fn what_is_not_stored_is_not_found(records: &impl Records) {
    let stored = record("{}");
    write(records, std::slice::from_ref(&stored)).await;
    let nothing = BatchRead { found: Vec::new(), unprocessed: Vec::new() };
    assert_eq!(records.read_batch(&[fresh_id()]).await, Ok(nothing));
    let found = read_back(records, &[fresh_id(), stored.id, fresh_id()]).await;
    assert_eq!(found, [stored]);
}

pub async fn marks_tell_who_wrote_an_object_and_when_it_was_made<R: Records>(records: &R) {
    // Whole they would be more than a read hands out at once.
    let made: Vec<StoredRecord> = (0..50).map(|_| holding("x".repeat(390_000))).collect();
    for batch in made.chunks(10) {
        write(records, batch).await;
    }
    let ids = made.iter().map(|record| record.id).chain([fresh_id()]).collect::<Vec<_>>();
    let (mut found, mut left) = (Vec::new(), ids);
    while !left.is_empty() {
        let read = records.read_marks(&left).await.unwrap();
        found.extend(read.found);
        left = read.unprocessed;
    }
    found.sort_by_key(|mark| made.iter().position(|record| record.id == mark.id));
    let mark =
        |record: &StoredRecord| Mark { id: record.id, import_id: record.import_id, created_at: record.created_at };
    assert_eq!(found, made.iter().map(mark).collect::<Vec<_>>());
    let too_many: Vec<RecordId> = (0..=R::READ_BATCH).map(|_| fresh_id()).collect();
    assert!(records.read_marks(&too_many).await.is_err());
}

pub async fn a_whole_batch_is_written_and_read<R: Records>(records: &R) {
    let made: Vec<StoredRecord> = (0..R::READ_BATCH).map(|n| record(&format!("{{\"n\":{n}}}"))).collect();
    for batch in made.chunks(R::WRITE_BATCH) {
        write(records, batch).await;
    }
    let ids: Vec<RecordId> = made.iter().map(|record| record.id).collect();
    assert_eq!(read_back(records, &ids).await, made);
}

pub async fn what_calls_use_up_is_counted(records: &impl Records) {
    let small = [record("{}"), record("{}")];
    let large = record(&format!(r#"{{"name":"{}"}}"#, "x".repeat(5_500)));
    let (before, id) = (records.used(), large.id);
    let batch = [&small[..], &[large]].concat();
    records.write_batch(&batch).await.unwrap();
    let write_units = 2.0 + 6.0;
    assert_eq!(records.used() - before, Used { write_units, calls: 1, ..Used::default() });
    // The local AWS does not say what reading takes.
    let before = records.used();
    records.read_marks(&[id]).await.unwrap();
    let used = records.used() - before;
    assert_eq!((used.write_units, used.calls), (0.0, 1));
}

pub async fn a_batch_over_the_limit_is_refused<R: Records>(records: &R) {
    let made: Vec<StoredRecord> = (0..=R::WRITE_BATCH).map(|_| record("{}")).collect();
    check_refused(records, &made).await;
    let ids: Vec<RecordId> = (0..=R::READ_BATCH).map(|_| fresh_id()).collect();
    assert!(records.read_batch(&ids).await.is_err());
}

pub async fn a_batch_that_names_an_id_twice_is_refused(records: &impl Records) {
    let first = record("{}");
    let second = StoredRecord { id: first.id, ..record(r#"{"n":2}"#) };
    check_refused(records, &[first.clone(), second]).await;
    assert!(records.read_batch(&[first.id, first.id]).await.is_err());
}

fn let_pass(record: &StoredRecord) -> bool {
    let mut errors = RecordErrors::default();
    check_storable(&record.attributes, record.external_ref.as_deref(), &Path::Line, &mut errors);
    errors.is_empty()
}

fn holding(value: impl Into<Json>) -> StoredRecord {
    with_attributes(Object::from_iter([("value".to_owned(), value.into())]))
}

pub async fn the_deepest_record_that_we_let_pass_is_taken(records: &impl Records) {
    type Wrap = fn(Json) -> Json;
    let list: Wrap = |inner| Json::Array(vec![inner]);
    let map: Wrap = |inner| Json::Object(Object::from_iter([("a".to_owned(), inner)]));
    for (wrap, innermost) in [(list, Json::Null), (map, Json::from(1)), (list, Json::Array(vec![]))] {
        let nested = |levels| holding((0..levels).fold(innermost.clone(), |inner, _| wrap(inner)));
        let deepest = (0..=MAX_ITEM_DEPTH).map(nested).rfind(let_pass).unwrap();
        check(records, deepest).await;
    }
}

pub async fn the_largest_record_that_we_let_pass_is_taken(records: &impl Records) {
    check(records, largest(|bytes| holding("x".repeat(bytes)))).await;
    check(records, largest(|bytes| holding("é".repeat(bytes / 2)))).await;
    let numbers = |bytes| holding(vec![Json::number(&"7".repeat(38)).unwrap(); bytes / 22]);
    check(records, largest(numbers)).await;
    check(records, largest(|bytes| holding(vec![Json::Null; bytes / 2]))).await;
    check(records, largest(|bytes| holding(vec![Json::from(1); bytes / 4]))).await;
    check(records, largest(|bytes| holding(vec![Json::Object(Object::new()); bytes / 4]))).await;
}

/// The largest of the records that `make` makes, as finely as it can.
fn largest(make: impl Fn(usize) -> StoredRecord) -> StoredRecord {
    let (mut fits, mut over) = (0, MAX_ITEM_BYTES * 2);
    while over - fits > 1 {
        let middle = usize::midpoint(fits, over);
        if let_pass(&make(middle)) { fits = middle } else { over = middle }
    }
    make(fits)
}

pub async fn the_largest_call_that_we_let_pass_is_taken<R: Records>(records: &R) {
    let one = R::WRITE_BYTES / R::WRITE_BATCH;
    let made: Vec<StoredRecord> = (0..R::WRITE_BATCH).map(|_| holding("\"".repeat((one - 600) / 2))).collect();
    let bytes: usize = made.iter().map(wire_bytes).sum();
    assert!(bytes <= R::WRITE_BYTES && bytes > R::WRITE_BYTES - 10_000, "{bytes}");
    write(records, &made).await;
    let ids: Vec<RecordId> = made.iter().map(|record| record.id).collect();
    assert!(read_back(records, &ids).await == made, "not all were read");
}

pub async fn a_batch_of_large_records_is_read_in_the_end(records: &impl Records) {
    // A read hands out 16 MB at once.
    let made: Vec<StoredRecord> = (0..50).map(|_| holding("x".repeat(390_000))).collect();
    for batch in made.chunks(10) {
        write(records, batch).await;
    }
    let ids: Vec<RecordId> = made.iter().map(|record| record.id).collect();
    assert!(read_back(records, &ids).await == made, "not all were read");
}

pub async fn one_record_too_large_sinks_its_batch(records: &impl Records) {
    check_sinks(records, holding("x".repeat(500_000))).await;
}

pub async fn one_record_too_deep_sinks_its_batch(records: &impl Records) {
    check_sinks(records, holding((0..40).fold(Json::Null, |inner, _| Json::Array(vec![inner])))).await;
}

pub async fn one_number_out_of_range_sinks_its_batch(records: &impl Records) {
    for number in ["9".repeat(39), "1e126".to_owned(), "1e-131".to_owned()] {
        check_sinks(records, holding(Json::Number(number.into()))).await;
    }
}

async fn check_sinks(records: &impl Records, bad: StoredRecord) {
    check_refused(records, &[record("{}"), bad, record("{}")]).await;
}
