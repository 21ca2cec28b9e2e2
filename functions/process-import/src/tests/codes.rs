//! One message of each code that an error can have, as it reads: what was wrong, and what to type or do next.

use std::collections::BTreeMap;

use imports::options::Unknown;
use records::RecordErrorCode;

use super::*;
use crate::fault::JobFault;

const BOX: &str = r#"{"type":"subscription_offering","external_ref":"box","name":"Box","features":["lounge"],"plans":[{"external_ref":"small","name":"Small"}],"pricing_options":[{"external_ref":"monthly","name":"Every month","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}]"#;
const LOUNGE: &str = r#"{"type":"subscription_feature","external_ref":"lounge","name":"Lounge","configuration":{"type":"access","tag":"lounge"}}"#;
const ADA: &str = r#"{"type":"subscription","account_id":"4dbb0891-17c3-4b93-8191-a45357163595","currency":"GBP","name":"Ada Hill","email":"ada@example.com","manual_payments":true,"offering_external_ref":"box""#;

/// Lines that are wrong, each in its own way, and those that they refer to.
fn lines() -> Vec<u8> {
    let product = |more: &str| format!(r#"{{"type":"subscription_product",{more}}}"#);
    let lines = [
        product(&format!(r#""name":"{}""#, "x".repeat(1 << 20))),
        product(r#""name":"Tea box","#),
        "7".to_owned(),
        product(r#""name":"Tea box","name":"Mug""#),
        product(r#""name":"Tea box","":1"#),
        product(r#""name":"Tea \ud83d box""#),
        product(r#""name":"Tea box","weight":1e999"#),
        product(&format!(r#""name":"Tea box","notes":{}{}"#, "[".repeat(40), "]".repeat(40))),
        product(&format!(r#""name":"Tea box","notes":"{}""#, "x".repeat(450_000))),
        r#"{"type":"subscription_voucher","name":"Tea box"}"#.to_owned(),
        product(r#""title":"Tea box""#),
        product(r#""name":7,"external_ref":"seven""#),
        product(r#""name":"Li""#),
        product(r#""name":"Tea box","price":{"GBP":{"amount":-150}}"#),
        product(r#""name":"Tea box","price_units":{"unit":"days","amount":1}"#),
        product(r#""name":"Tea box","main_image":"www.example.com/tea.png""#),
        product(r#""name":"Tea box","price":{"USD":{"amount":5},"usd":{"amount":700}}"#),
        product(r#""name":"Tea box","external_ref":"twice""#),
        product(r#""name":"Tea box","external_ref":"twice""#),
        product(r#""name":"Tea box","external_ref":"stored""#),
        product(r#""name":"Tea box","external_ref":"poison""#),
        offering("wants", "nothing", "seven").trim().replace("\"seven\"", "\"twice\""),
        r#"{"type":"subscription_offering","name":"Box","products":["seven"],"plans":["monthly"]}"#.to_owned(),
        LOUNGE.to_owned(),
        format!("{BOX}}}"),
        format!("{ADA},\"selected_plan\":\"large\",\"selected_pricing_option\":\"monthly\"}}"),
        format!("{ADA},\"selected_plan\":\"small\",\"selected_pricing_option\":\"yearly\"}}"),
        format!("{BOX},\"configured_features\":{{\"small\":{{\"louge\":{{\"type\":\"access\"}}}}}}}}")
            .replace("\"box\"", "\"other\""),
    ];
    [
        lines.join("\n").as_bytes(),
        b"\n{\"type\":\"subscription_product\",\"name\":\"Caf\xe9\"}\n",
        plan("monthly").as_bytes(),
    ]
    .concat()
}

/// What a job's errors say, by their codes; of each code the first.
async fn told(world: &World, number: u128, all: &mut BTreeMap<String, String>) {
    let report = world.import(number).await.report.unwrap();
    let rows = world.rows(&Report::errors_key(&report.prefix));
    let of_line = rows.iter().map(|row| (&row["meta"]["code"], row["meta"]["error"].as_str().unwrap().to_owned()));
    let of_file = report.failure.map(|failure| (serde_json::to_value(failure.code).unwrap(), failure.detail()));
    for (code, error) in of_file.iter().map(|(code, error)| (code, error.clone())).chain(of_line) {
        all.entry(code.as_str().unwrap().to_owned()).or_insert(error);
    }
}

#[tokio::test(start_paused = true)]
async fn each_code_says_what_to_write_or_do_next() {
    let mut all = BTreeMap::new();
    let world = World::with(product("stored")).await;
    world.worker.records.refuse(|record| record.external_ref.as_deref() == Some("poison"));
    world.submit(2, lines()).await;
    world
        .submit_with(
            3,
            product("mug").replace("\"name\"", "\"Sku\":1,\"name\""),
            ImportOptions { unknown: Unknown::Refuse, ..ImportOptions::default() },
        )
        .await;
    world.submit(4, "\n").await;
    world.submit(5, b"\x89PNG\r\n\x1a\n\0\0".to_vec()).await;
    world.submit(6, vec![b'x'; (257 << 20) + 1]).await;
    world.submit(7, "{}\n".repeat(50_001)).await;
    world.submit(8, "name,price\nTea,7\n").await;
    let refused =
        Some("metadata \"on-conflict\" must be fail, skip or update, not \"replace\": write update".to_owned());
    let file = world.worker.files.store("drops/main/a.jsonl", product("tea"));
    let new = NewImport { refused, ..NewImport::new(id(9), store(), file) };
    submit(&world.worker.imports, &world.worker.queue, new, twins::now()).await.unwrap();
    world.submit(10, product("gone")).await;
    world.worker.files.remove("10");
    world.run().await;
    for number in 2..=10 {
        told(&world, number, &mut all).await;
    }
    let world = World::with(products(3)).await;
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_hours(1)));
    assert!(tokio::time::timeout(Duration::from_secs(1), world.turn()).await.is_err());
    world.worker.imports.request_cancel(&store(), id(1), twins::now()).await.unwrap();
    pass(LEASE).await;
    world.run().await;
    told(&world, 1, &mut all).await;
    let world = World::with(products(3)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then(Fault::permanent));
    world.run().await;
    told(&world, 1, &mut all).await;
    all.insert("superseded".to_owned(), JobFault::Superseded.error().detail());
    // A fault of ours is tested where it is caught.
    let missing: Vec<_> = RecordErrorCode::ALL.iter().filter(|code| !all.contains_key(&word(**code))).collect();
    assert_eq!(missing, [&RecordErrorCode::Internal]);
    check_document(&all);
}

fn word(code: RecordErrorCode) -> String {
    serde_json::to_value(code).unwrap().as_str().unwrap().to_owned()
}

/// Holds `docs/errors.md` to what is said: a row for each code, with the message as it reads, and what to do.
fn check_document(told: &BTreeMap<String, String>) {
    let document = include_str!("../../../../docs/errors.md");
    let rows: BTreeMap<&str, (&str, &str)> = document
        .lines()
        .filter_map(|row| row.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
        .filter_map(|(code, row)| Some((code, row.rsplit_once(" | ")?)))
        .collect();
    for code in RecordErrorCode::ALL {
        let code = word(*code);
        let Some((example, cure)) = rows.get(code.as_str()) else { panic!("docs/errors.md has no row for {code}") };
        assert!(cure.len() > 10, "docs/errors.md does not say what to do about {code}");
        if let Some(told) = told.get(&code) {
            assert_eq!(*example, format!("`{told}`"), "docs/errors.md shows another message for {code}");
        }
    }
    assert_eq!(rows.len(), RecordErrorCode::ALL.len(), "docs/errors.md has rows for no code");
}
