//! Amounts as people write them who think of money, and not of minor units.

use super::{PRODUCT, values};

#[test]
fn amounts_of_money() {
    insta::assert_snapshot!(values(
        PRODUCT,
        &[
            r#""price":{"EUR":{"amount":"4.500"}}"#,
            r#""price":{"EUR":{"amount":4.500}}"#,
            r#""price":{"JPY":{"amount":"4.500"}}"#,
            r#""price":{"KWD":{"amount":"4.500"}}"#,
            r#""price":{"EUR":{"amount":"€ 4"}}"#,
            r#""price":{"EUR":{"amount":"4 EUR/month"}}"#,
            r#""price":"4 EUR/month""#,
            r#""price":{"EUR":{"amount":"4 per month"}}"#,
            r#""price":{"amount":null}"#,
            r#""price":{"EUR":{"amount":null}}"#,
            r#""price":{"EUR":{"amount":$4}}"#,
            r#""price":{"EUR":{"amount":€4,50}}"#,
        ]
    ));
}
