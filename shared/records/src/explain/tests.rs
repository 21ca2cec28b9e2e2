//! What people write, kind by kind, and what they are told. Each was met in somebody's file, or is like one that was.

use insta::assert_snapshot;

use crate::{FileLines, check};

mod amounts;
mod examples;
mod shapes;
mod typed;

const ID: &str = "4dbb0891-17c3-4b93-8191-a45357163595";

/// What is told of a file, by line; and how many lines are good.
fn told(file: &str) -> String {
    let checked = check(file.as_bytes()).unwrap();
    let rows = checked.rows().flat_map(|row| {
        let errors = row.errors.into_iter().map(|error| format!("{:?} {}", error.code, error.detail()));
        let unchecked = row.unchecked.into_iter().map(|unchecked| format!("unchecked {}", unchecked.reference.path));
        let all: Vec<String> = errors.chain(unchecked).map(|told| format!("{}: {told}\n", row.line)).collect();
        all
    });
    let rows: String = rows.collect();
    format!("{rows}{} good\n", checked.total().good)
}

/// What is told of each value of one attribute; the rest of the line is good.
fn values(line: &str, values: &[&str]) -> String {
    let rows = values.iter().map(|value| {
        let line = line.replace("$ID", ID).replace("$VALUE", value);
        typed::check(&line);
        let told = told(&line);
        let lines = told.lines().filter(|line| *line != "0 good");
        let told: Vec<&str> = lines.map(|line| if line == "1 good" { "read" } else { &line[3..] }).collect();
        format!("{value}\n    {}\n", told.join("\n    "))
    });
    rows.collect()
}

const PRODUCT: &str = r#"{"type":"subscription_product","name":"Tea box",$VALUE}"#;
const SUBSCRIBER: &str = r#"{"type":"subscription_subscriber","account_id":"$ID","name":"Ada Hill","email":$VALUE}"#;
const SUBSCRIPTION: &str = r#"{"type":"subscription","account_id":"$ID","currency":"GBP","name":"Ada Hill","email":"ada@example.com","manual_payments":true,"offering":{"name":"Office"},"products":[{"name":"Tea box"}],"plans":[{"name":"Every month","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,"meta":{"selected":true}}],$VALUE}"#;
const PLAN: &str = r#"{"type":"subscription_plan","name":"Every month","billing_interval_type":"month","end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,$VALUE}"#;

#[test]
fn dates() {
    assert_snapshot!(values(
        &SUBSCRIPTION.replace("$VALUE", r#""first_invoice_paid":true,$VALUE"#),
        &[
            r#""started_at":"2026-01-01""#,
            r#""started_at":"2026-01-01T00:00:00""#,
            r#""started_at":"2026-01-01 00:00:00Z""#,
            r#""started_at":"2026-01-01T00:00:00+0000""#,
            r#""started_at":"2026-01-01T00:00:00.000+01:00""#,
            r#""started_at":"2026-01-01T00:00Z""#,
            r#""started_at":"01/31/2026""#,
            r#""started_at":1767225600"#,
            r#""started_at":1767225600000"#,
            r#""started_at":"2026-02-30T00:00:00Z""#,
            r#""started_at":"2026-01-01T00:00:00z""#,
            r#""started_at":"0001-01-01T00:00:00Z""#,
            r#""started_at":"""#,
            r#""started_at":"2026-01-01T25:00:00Z""#,
            r#""started_at":"31.01.2026""#,
            r#""started_at":"31.01.2026 10:30""#,
            r#""started_at":"12/31/2025, 10:30:05""#,
            r#""started_at":"31.01.2026 half past ten""#,
            r#""started_at":"2026-13-01T00:00:00Z""#,
            r#""started_at":"2026-01-01 10:00:00 UTC""#,
            r#""started_at":"2025-02-29T00:00:00Z""#,
            r#""started_at":"03/04/2026""#,
            r#""started_at":" 2026-01-01T00:00:00Z""#,
            r#""started_at":"1899-12-30T00:00:00Z""#,
            r#""started_at":"1767225600""#,
            r#""started_at":45292.75"#,
            r#""started_at":"45292""#,
            r#""started_at":"next Monday""#,
            r#""started_at":"2026-01-01T00:00:00 Z""#,
            r#""started_at":"2026-01-01 09:30:00 +01:00""#,
        ]
    ));
}

#[test]
fn emails() {
    assert_snapshot!(values(
        SUBSCRIBER,
        &[
            r#""Ada+tea@Example.COM""#,
            r#""ada@bücher.example""#,
            r#""ada@xn--bcher-kva.example""#,
            r#""пётр@пример.рф""#,
            r#""user@उदाहरण.परीक्षा""#,
            r#"" ada@example.com""#,
            r#""ada@example.com ""#,
            "\"ada@example.com\u{200b}\"",
            "\"ada@example.com\u{a0}\"",
            r#""Ada Hill <ada@example.com>""#,
            r#""mailto:ada@example.com""#,
            r#""ada@example.com;bob@example.com""#,
            r#""ada.@example.com""#,
            r#""ada@example.com.""#,
            r#""ada@exam_ple.com""#,
            r#""o'neil@example.co.uk""#,
            r#""\"ada hill\"@example.com""#,
            r#""ada@[192.0.2.1]""#,
            r#""ada@localhost""#,
            r#""[ada@example.com](mailto:ada@example.com)""#,
            r#""ada.example.com""#,
            r#""ada@@example.com""#,
            r#""ada hill@example.com""#,
            r#""ada@example.com, bob@example.com""#,
            r#""""#,
            r#""user@例え.テスト""#,
        ]
    ));
}

#[test]
fn uuids() {
    let line = SUBSCRIBER.replace("\"$ID\"", "$VALUE").replace("\"email\":$VALUE", "\"email\":\"ada@example.com\"");
    assert_snapshot!(values(
        &line,
        &[
            "\"4DBB0891-17C3-4B93-8191-A45357163595\"",
            "\"{4DBB0891-17C3-4B93-8191-A45357163595}\"",
            "\"4dbb089117c34b938191a45357163595\"",
            "\"urn:uuid:4dbb0891-17c3-4b93-8191-a45357163595\"",
            "\" 4dbb0891-17c3-4b93-8191-a45357163595\"",
            "\"00000000-0000-0000-0000-000000000000\"",
            "\"852e395d-693e-ed11-809a-c971856d9437\"",
            "12345",
            "\"4dbb0891-17c3-4b93-8191-a4535716359\"",
            "\"4dbb0891-17c3-4b93-8191-a4535716359O\"",
            "\"4dbb0891–17c3-4b93-8191-a45357163595\"",
            "\"\"",
            "\"12345\"",
            "\"ada-hill\"",
        ]
    ));
}

#[test]
fn currencies() {
    let line = SUBSCRIPTION.replace("\"GBP\"", "$VALUE").replace(",$VALUE}", "}");
    assert_snapshot!(values(
        &line,
        &[
            "\"gbp\"",
            "\"Gbp\"",
            "\"\u{200b}GBP\"",
            "\"£\"",
            "\"GBP \"",
            "\"Pound\"",
            "826",
            "\"XYZ\"",
            "\"US$\"",
            "\"euros\"",
            "\"\"",
            "\"G8P\"",
        ]
    ));
}

#[test]
fn prices() {
    assert_snapshot!(values(
        PRODUCT,
        &[
            r#""price":{"USD":{"amount":10.5}}"#,
            r#""price":{"USD":1050}"#,
            r#""price":10.5"#,
            r#""price":"10.50 USD""#,
            r#""price":{"amount":1050,"currency":"USD"}"#,
            r#""price":[{"currency":"USD","amount":1050}]"#,
            r#""price":{"USD":{"amount":-5}}"#,
            r#""price":{"usd":{"amount":5}}"#,
            r#""price":{"USD":{"amount":5},"usd":{"amount":700}}"#,
            r#""price":{"$":{"amount":5}}"#,
            r#""price":{"JPY":{"amount":500}}"#,
            r#""price":{"USD":{"amount":"1050"}}"#,
            r#""price":{"USD":{"amount":"$10.50"}}"#,
            r#""price":{"KWD":{"amount":10.5}}"#,
            r#""price":{"JPY":{"amount":10.5}}"#,
            r#""price":{"EUR":10.5}"#,
            r#""price":{"USD":{"amount":12.345}}"#,
            r#""price":{"gbp":{"amount":5},"GBP":null}"#,
            r#""price":{"USD":{"amount":12.5,"includes_tax":"True"}}"#,
            r#""price":{"currency_code":"EUR","amount":"10,50"}"#,
            r#""price":{"USD":"$10.50"}"#,
            r#""price":{"USD":{"amount":"$4"}}"#,
            r#""price":{"EUR":{"amount":"4,50"}}"#,
            r#""price":{"USD":{"amount":"4.5"}}"#,
            r#""price":{"USD":{"amount":4.5}}"#,
            r#""price":{"EUR":{"amount":"12.50 EUR"}}"#,
            r#""price":{"USD":{"amount":"12.50 EUR"}}"#,
            r#""price":{"USD":{"amount":"1,200.00"}}"#,
            r#""price":{"EUR":{"amount":"1.200,00 €"}}"#,
            r#""price":{"USD":{"amount":"1,200"}}"#,
            r#""price":{"CHF":{"amount":"1'200.50"}}"#,
            r#""price":{"JPY":{"amount":"¥1,200"}}"#,
            r#""price":{"JPY":{"amount":"500"}}"#,
            r#""price":{"JPY":{"amount":12.50}}"#,
            r#""price":{"KWD":{"amount":"4.5"}}"#,
            r#""price":{"KWD":{"amount":"4"}}"#,
            r#""price":{"GBP":{"amount":".99"}}"#,
            r#""price":{"GBP":{"amount":"-4.50"}}"#,
            r#""price":{"GBP":{"amount":"0"}}"#,
            r#""price":{"INR":{"amount":"Rs.450"}}"#,
            r#""price":{"USD":{"amount":"free"}}"#,
            r#""price":{"KWD":{"amount":"free"}}"#,
            r#""price":{"JPY":"free"}"#,
            r#""price":{"USD":{"amount":1e-3}}"#,
            r#""price":{"USD":{"amount":"99999999999999999"}}"#,
            r#""price":{"£":{"amount":4.5}}"#,
            r#""price":{"amount":1050}"#,
            r#""price":"£4""#,
            r#""price":1050"#,
            r#""price":[]"#,
            r#""price_units":"month""#,
            r#""price_units":{"unit":"monthly","amount":"one"}"#,
        ]
    ));
}

#[test]
fn whole_numbers() {
    assert_snapshot!(values(
        PLAN,
        &[
            r#""billing_frequency":1.0,"plan_length":12.0,"trial_period":0.0"#,
            r#""billing_frequency":1e0,"plan_length":1.2e1"#,
            r#""billing_frequency":1.5,"plan_length":12"#,
            r#""billing_frequency":"1","plan_length":12"#,
            r#""billing_frequency":"+1","plan_length":"012""#,
            r#""billing_frequency":1,"plan_length":12,"notification_schedule":"A week before""#,
            r#""billing_frequency":0.0,"plan_length":1e30"#,
            r#""billing_frequency":1,"plan_length":12,"trial_period":"""#,
            r#""billing_frequency":1,"plan_length":12,"base_price_percentage":"95""#,
            r#""billing_frequency":1,"plan_length":12,"fixed_price":"""#,
        ]
    ));
    let line = PLAN.replace("$VALUE", r#""billing_frequency":1.0,"plan_length":1.2e1,"trial_period":-0.0"#);
    let draft = FileLines::of(line.as_bytes()).unwrap()[0].read().unwrap();
    let id = crate::RecordId::parse(ID).unwrap();
    let record = draft.look_up(|_| crate::Resolution::Missing).resolve(id).unwrap().unwrap();
    let stored = |name: &str| record.attributes().get(name).unwrap().to_string();
    assert_eq!(["billing_frequency", "plan_length", "trial_period"].map(stored), ["1", "12", "0"]);
}

#[test]
fn addresses() {
    assert_snapshot!(values(
        PRODUCT,
        &[
            r#""main_image":"www.example.com/a.jpg""#,
            r#""main_image":"//cdn.example.com/a.jpg""#,
            r#""main_image":"https://example.com/my picture.jpg""#,
            r#""main_image":"https://example.com/café.jpg""#,
            r#""main_image":"https://example.com/a.jpg?size=[200]""#,
            r#""main_image":"https://example.com/100%.jpg""#,
            r#""main_image":"""#,
            r#""main_image":"C:\\pictures\\tea.png""#,
            r#""main_image":"tea.png""#,
            r#""main_image":"pictures/Tea box.PNG""#,
            r#""main_image":"example.com/tea.png""#,
            r#""main_image":"example.com""#,
            r#""main_image":"https://example.com/tea.png ""#,
            r#""main_image":"https://münchen.example/?a[]=1""#,
            r#""main_image":"https://example.com/<id>.png""#,
        ]
    ));
}

#[test]
fn names() {
    assert_snapshot!(values(
        &PRODUCT.replace("\"Tea box\",$VALUE", "$VALUE"),
        &[
            "\"   \"",
            "\"\u{200b}\u{200b}\u{200b}\"",
            "\"鈴木様\"",
            "\"Li\"",
            "\"\u{a0}\u{a0}\\t\"",
            "\"\u{3164}\u{3164}\u{3164}\"",
            "\" Tea \"",
            "7",
            "\"\"",
        ]
    ));
}

#[test]
fn empty_strings() {
    assert_snapshot!(values(
        PRODUCT,
        &[
            r#""external_ref":"","description":"","sku":"""#,
            r#""external_ref":"   ""#,
            r#""external_ref":null"#,
            r#""external_ref":1001"#,
        ]
    ));
    let subscription = r#"{"type":"subscription","account_id":"$ID","currency":"GBP","name":"Ada Hill","email":"ada@example.com","manual_payments":false,$VALUE}"#;
    assert_snapshot!(
        "empty_choices",
        values(
            subscription,
            &[
                r#""offering_id":"","offering_external_ref":"v14-o","plan_id":"v14-plan","selected_plan":"""#,
                r#""offering_id":"","offering_external_ref":"","plan_id":"","selected_plan":"""#,
                r#""offering_external_ref":"v14-o","selected_plan":"a","plan_id":"b""#,
                r#""address_id":"","offering_external_ref":"v14-o","selected_plan":"a""#,
                r#""offering_id":"tea-club","selected_plan":"a""#,
                r#""offering_id":1001,"selected_plan":"a""#,
                r#""offering_id":"4dbb0891-17c3-4b93-8191-a4535716359O","selected_plan":"a""#,
            ]
        )
    );
}

#[test]
fn types() {
    let names = [
        "product",
        "subscription_products",
        "Subscription_Product",
        "subscription-product",
        " subscription_product",
        "subscriptionProduct",
        "subscribtion_plan",
        "Plans",
        "customer",
        "",
    ];
    let rows = names.map(|name| told(&format!(r#"{{"data":{{"type":"{name}","attributes":{{"name":"Tea box"}}}}}}"#)));
    assert_snapshot!(rows.concat());
    let lines = [
        r#"{"attributes":{"type":"subscription_product","name":"Tea box"}}"#,
        r#"{"data":{"type":"subscription_product","attribute":{"name":"Tea box"}}}"#,
        r#"{"data":{"type":"subscription_product","attributes":{"Name":"Tea box","externalRef":"v13-x"}}}"#,
        r#"{"data":{"Type":"subscription_product","attributes":{"name":"Tea box"}}}"#,
        r#"{"data":{"type":"subscription_subscriber","Attributes":{"name":"Ada Hill"}}}"#,
        r#"{"data":{"type":"subscription_subscriber","attributes":{"name":"Ada Hill","e-mail":"ada@example.com","accountId":"x"}}}"#,
        r#"{"name":"Tea box"}"#,
        r#"{"data":[{"type":"subscription_product"}]}"#,
    ];
    assert_snapshot!("misspelt_attributes", lines.map(told).concat());
}

#[test]
fn references() {
    assert_snapshot!(told(
        r#"{"type":"subscription_product","external_ref":"x1-p","name":"Tea box"}
{"type":"subscription_plan","external_ref":"x1-plan","name":"Every month","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}
{"type":"subscription_offering","name":"Offering one","products":[{"external_ref":"x1-p"}],"plans":[{"id":"06e03dcf-2b3e-5dee-8e7b-fc195bb23c01"}]}
{"type":"subscription_offering","name":"Offering one","products":[{"type":"subscription_product","id":"e253a096-33e5-5b99-a7fb-7dfd6e2000f8"}],"plans":["x1-plan"]}
{"type":"subscription_offering","name":"Offering one","products":"x1-p","plans":"x1-plan"}
{"type":"subscription_offering","name":"Offering one","products":[1001],"plans":["x1-plan"]}
{"data":{"type":"subscription_offering","attributes":{"name":"Offering one"},"relationships":{"products":{"data":[{"type":"subscription_product","id":"e253a096-33e5-5b99-a7fb-7dfd6e2000f8"}]}}}}
{"type":"subscription_offering","name":"Offering one","products":["x1-p","x1-p"],"plans":["x1-plan"]}
{"type":"subscription_product","external_ref":1001,"name":"Numeric ref"}
{"type":"subscription_offering","name":"Offering one","products":["x1-p "],"plans":["x1-plan"]}
{"type":"subscription_offering","name":"Offering one","products":[["x1-p"]],"plans":["x1-plan"]}
{"type":"subscription_offering","name":"Offering one","products":{"external_ref":"x1-p"},"plans":[true]}
"#
    ));
}

#[test]
fn plans() {
    let plan = |name: &str| {
        PLAN.replace("$VALUE", &format!(r#""billing_frequency":1,"plan_length":12,"external_ref":"{name}""#)) + "\n"
    };
    let names = ["huila-250", "huila-500", "huila-750", "huila-1000", "yearly", "weekly"];
    let offering = format!(
        r#"{{"type":"subscription_offering","external_ref":"o","name":"Office","products":[{{"name":"Tea"}}],"plans":{names:?}}}"#
    );
    let chooses = |name: &str| {
        format!(
            r#"{{"type":"subscription","account_id":"{ID}","currency":"GBP","name":"Ada Hill","email":"ada@example.com","manual_payments":true,"offering_external_ref":"o","selected_plan":"{name}"}}{}"#,
            "\n"
        )
    };
    let file =
        [names.map(plan).concat(), offering + "\n", ["huila-25O", "Yearly", "monthly"].map(chooses).concat()].concat();
    assert_snapshot!(told(&file));
}

#[test]
fn encodings() {
    let lines: [&[u8]; 4] = [b"{\"name\":\"caf\xe9\"}", b"{\"name\":\"it\x92s\"}", b"\xff", b"{\"name\":\"\xc3\"}"];
    let told = lines.map(|line| crate::read(line).unwrap_err().remove(0).detail() + "\n");
    assert_snapshot!(told.concat());
}

#[test]
fn files() {
    let product = |name: &str| {
        format!(
            r#"{{"data":{{"type":"subscription_product","attributes":{{"external_ref":"{name}","name":"Pantry box"}}}}}}"#
        )
    };
    let [a, b, c] = ["a", "b", "c"].map(product);
    let files = [
        ("a list, an object in each line", format!("[\n{a},\n{b},\n{c}\n]\n")),
        ("a list, commas in front", format!("[{a}\n,{b}\n,{c}]\n")),
        ("commas behind", format!("{a},\n{b},\n{c}\n")),
        ("objects in one line", format!("{a}{b}{c}\n")),
        ("objects in one line, with blanks", format!("{a} {b}\n{c}\n")),
        ("files that were joined", format!("\u{feff}{a}\n\u{feff}{b}\r\n\u{200b}{c}\u{2060}\n")),
        ("CR alone", format!("{a}\r{b}\r{c}\r")),
        ("CR alone, a comma behind", format!("{a},\r{b}\r{c}")),
        ("padding", format!("{a}\n{}\n{b}{}\n", "\0".repeat(400), "\0".repeat(9))),
        ("Python", "{'data': {'type': 'subscription_product', 'ok': True}}\n".to_owned()),
        ("CSV", "external_ref,name,sku\nj11-a,Pantry box,PB-1\n\"j11-b\",\"Tea box\"\n".to_owned()),
        (
            "pretty-printed",
            "{\n  \"data\": {\n    \"type\": \"subscription_product\",\n    \"id\": 1\n  }\n}\n".to_owned(),
        ),
        ("encoded twice", format!("{a:?}\n")),
    ];
    let told = files.map(|(name, file)| format!("{name}\n{}\n", told(&file)));
    assert_snapshot!(told.concat());
}
