use std::time::Duration;

use super::*;

fn transaction(sort_keys: &[&str]) -> Value {
    let put = |sort_key| json!({"Put": {"TableName": "t", "Item": {"pk": {"S": "p"}, "sk": {"S": sort_key}}}});
    json!({"TransactItems": sort_keys.iter().map(put).collect::<Vec<_>>()})
}

fn update(sort_key: &str) -> Value {
    json!({"TableName": "t", "Key": {"pk": {"S": "p"}, "sk": {"S": sort_key}}})
}

fn codes(verdict: Verdict) -> Vec<String> {
    let Verdict::Refused(answer) = verdict else { panic!("{verdict:?}") };
    let reasons = answer["CancellationReasons"].as_array().unwrap();
    reasons.iter().map(|reason| reason["Code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_item_is_one_transactions_until_it_is_done() {
    let mut manners = Manners { contention: Some(Contention::new(8..=8)), ..Manners::default() };
    let now = Instant::now();
    let later = |millis| now + Duration::from_millis(millis);
    assert_eq!(manners.judge("TransactWriteItems", &transaction(&["a", "b"]), now), Verdict::Done(later(8)));
    let overlapping = manners.judge("TransactWriteItems", &transaction(&["c", "b"]), later(7));
    assert_eq!(codes(overlapping), ["None", "TransactionConflict"]);
    let Verdict::Refused(answer) = manners.judge("UpdateItem", &update("a"), later(7)) else { panic!("it is held") };
    assert!(answer["__type"].as_str().unwrap().ends_with("#TransactionConflictException"));
    // Refused, it holds nothing; and what is done holds nothing any more.
    assert_eq!(manners.judge("TransactWriteItems", &transaction(&["c"]), later(7)), Verdict::Done(later(15)));
    assert_eq!(manners.judge("UpdateItem", &update("a"), later(8)), Verdict::Done(later(9)));
    // Plain writes wait for each other; a transaction does not.
    assert_eq!(manners.judge("UpdateItem", &update("a"), later(8)), Verdict::Done(later(10)));
    assert_eq!(codes(manners.judge("TransactWriteItems", &transaction(&["a"]), later(9))), ["TransactionConflict"]);
    assert_eq!(manners.figures, Figures { conflicts: 3, ..Figures::default() });
}

#[tokio::test(start_paused = true)]
async fn a_batch_gets_through_as_far_as_there_are_units() {
    let mut manners = Manners { limits: Some(Limits::new(10.0, 3.0)), ..Manners::default() };
    let put = |id: u32, bytes: usize| json!({"PutRequest": {"Item": {"id": {"S": id.to_string()}, "a": {"S": "x".repeat(bytes)}}}});
    let batch = |requests: &[Value]| json!({"RequestItems": {"t": requests}});
    let now = Instant::now();
    let verdict = manners.judge("BatchWriteItem", &batch(&[put(1, 1_500), put(2, 1), put(3, 1)]), now);
    let expected =
        Verdict::InPart { request: batch(&[put(1, 1_500), put(2, 1)]), left_over: json!({"t": [put(3, 1)]}) };
    assert_eq!(verdict, expected);
    let again = batch(&[put(3, 1)]);
    let Verdict::Refused(answer) = manners.judge("BatchWriteItem", &again, now) else {
        panic!("the table is at its limit")
    };
    assert!(answer["__type"].as_str().unwrap().ends_with("#ThrottlingException"));
    let later = now + Duration::from_millis(400);
    assert_eq!(manners.judge("BatchWriteItem", &again, later), Verdict::Done(later));
    assert_eq!(manners.figures, Figures { throttled: 1, left_over: 1, ..Figures::default() });
}

#[tokio::test(start_paused = true)]
async fn a_partition_takes_what_it_takes_and_a_transaction_costs_twice() {
    let mut manners = Manners { limits: Some(Limits::new(3.0, 100.0)), ..Manners::default() };
    let now = Instant::now();
    let too_much = manners.judge("TransactWriteItems", &transaction(&["a", "b"]), now);
    assert_eq!(codes(too_much), ["None", "ThrottlingError"]);
    assert_eq!(manners.judge("UpdateItem", &update("a"), now), Verdict::Done(now));
    let Verdict::Refused(answer) = manners.judge("UpdateItem", &update("b"), now) else { panic!("it is used up") };
    assert!(answer["__type"].as_str().unwrap().ends_with("#ProvisionedThroughputExceededException"));
}
