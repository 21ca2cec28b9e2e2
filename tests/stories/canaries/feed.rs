//! The canaries, and the files that they are sent in.

use super::search::Aviary;

/// What every canary begins with, and nothing else.
pub(super) const STEM: &str = "kanarivogel";

/// Good lines of every type, with a canary in every text.
const GOOD: [&str; 8] = [
    r#"{"type":"subscription_product","external_ref":"@","name":"@","description":"@","sku":"@","main_image":"https://example.com/@.png","@":"@","more":{"@":["@"]}}"#,
    r#"{"type":"subscription_plan","external_ref":"@","name":"@","description":"@","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}"#,
    r#"{"type":"subscription_feature","external_ref":"@","name":"@","description":"@","configuration":{"type":"access","tag":"@"}}"#,
    r#"{"type":"subscription_feature","name":"@","configuration":{"type":"promotion","promotions":[{"name":"@","tag":"@"}]}}"#,
    r#"{"type":"subscription_subscriber","external_ref":"@","account_id":"fb59acb3-15a6-4d41-8b9b-e80107f478d7","name":"@ @","email":"@@example.com","payment_authority":{"type":"elastic_path_payments_stripe","customer_id":"@","card_id":"@"}}"#,
    r#"{"type":"subscription_offering","external_ref":"@","name":"@","description":"@","products":[{"name":"@"}],"plans":[{"name":"@","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}]}"#,
    r#"{"type":"subscription","account_id":"fb59acb3-15a6-4d41-8b9b-e80107f478d7","currency":"EUR","name":"@","email":"@@example.com","manual_payments":true,"offering":{"name":"@"},"products":[{"name":"@"}],"plans":[{"name":"@","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true,"meta":{"selected":true}}]}"#,
    r#"{"data":{"type":"subscription_subscriber","attributes":{"account_id":"fb59acb3-15a6-4d41-8b9b-e80107f478d7","name":"@","email":"@@example.com"}}}"#,
];

/// Lines that are wrong, with a canary where the mistake is.
const BAD: [&str; 44] = [
    "@",
    "\"@\"",
    "[\"@\"]",
    "{\"type\":\"subscription_product\",\"name\":\"@\"",
    "{\"type\":\"subscription_product\",\"name\":\"@\",}",
    "{\"type\":\"subscription_product\",\"name\":@}",
    "{\"type\":\"subscription_product\",\"name\":1234567890123456789012345678901234567890123@}",
    "{\"type\":\"@\",\"name\":\"@\"}",
    "{\"@\":\"@\"}",
    "{\"data\":\"@\"}",
    "{\"data\":{\"type\":\"subscription_product\",\"attributes\":\"@\"}}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"name\":\"@\"}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"@\\u0000\":\"@\"}",
    "{\"type\":\"subscription_product\",\"name\":\"@\\ud800\"}",
    "{\"type\":\"subscription_product\",\"name\":{\"@\":\"@\"}}",
    "{\"type\":\"subscription_product\",\"name\":[\"@\"]}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"external_ref\":{\"@\":1}}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"main_image\":\"@ @\"}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"sku\":[\"@\"]}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"price\":{\"@\":{\"amount\":1}}}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"price\":{\"EUR\":{\"amount\":\"@\"}}}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"price_units\":{\"unit\":\"@\",\"amount\":\"@\"}}",
    "{\"type\":\"subscription_plan\",\"name\":\"@\",\"billing_interval_type\":\"@\",\"end_behavior\":\"@\",\"can_pause\":\"@\"}",
    "{\"type\":\"subscription_plan\",\"name\":\"@\",\"plan_length\":\"@\",\"base_price_percentage\":\"@\",\"fixed_price\":\"@\"}",
    "{\"type\":\"subscription_feature\",\"name\":\"@\",\"configuration\":\"@\"}",
    "{\"type\":\"subscription_feature\",\"name\":\"@\",\"configuration\":{\"type\":\"@\"}}",
    "{\"type\":\"subscription_feature\",\"name\":\"@\",\"configuration\":{\"type\":\"access\",\"tag\":\"@ !\"}}",
    "{\"type\":\"subscription_feature\",\"name\":\"@\",\"configuration\":{\"type\":\"promotion\",\"promotions\":[\"@\"]}}",
    "{\"type\":\"subscription_feature\",\"name\":\"@\",\"configuration\":{\"type\":\"usage\",\"label\":\"@\",\"default_value\":\"@\"}}",
    "{\"type\":\"subscription_subscriber\",\"account_id\":\"@\",\"name\":\"@\",\"email\":\"@\"}",
    "{\"type\":\"subscription_subscriber\",\"account_id\":{\"@\":\"@\"},\"name\":[\"@\"],\"email\":{\"@\":\"@\"}}",
    "{\"type\":\"subscription_offering\",\"name\":\"@\",\"products\":[\"@\"],\"plans\":[\"@\"],\"features\":[\"@\"]}",
    "{\"type\":\"subscription_offering\",\"name\":\"@\",\"products\":\"@\",\"plans\":{\"@\":\"@\"}}",
    "{\"type\":\"subscription_offering\",\"name\":\"@\",\"products\":[{\"@\":\"@\"}],\"plans\":[{\"name\":[\"@\"]}]}",
    "{\"type\":\"subscription\",\"account_id\":\"@\",\"currency\":\"@\",\"name\":\"@\",\"email\":\"@\",\"manual_payments\":\"@\"}",
    "{\"type\":\"subscription\",\"offering_id\":\"@\",\"plan_id\":\"@\",\"started_at\":\"@\",\"address_id\":\"@\"}",
    "{\"type\":\"subscription\",\"offering_external_ref\":\"@\",\"selected_plan\":\"@\",\"payment_authority\":\"@\"}",
    "{\"type\":\"subscription\",\"offering\":\"@\",\"products\":\"@\",\"plans\":\"@\",\"pending\":\"@\"}",
    "{\"type\":\"subscription_product\",\"external_ref\":\"@\",\"name\":\"@\"} {\"@\":\"@\"}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"deep\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"@\"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
    "{\"type\":\"subscription_product\",\"name\":\"LONG\"}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"large\":\"LARGE\"}",
    "{\"type\":\"subscription_product\",\"name\":\"@\",\"LONG\":1}",
    "LATIN",
];

/// Canaries, each sent once and made as it is needed.
#[derive(Debug, Default)]
pub(super) struct Canaries {
    count: usize,
    secrets: Vec<String>,
}

impl Canaries {
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// A name.
    pub(super) fn one(&mut self) -> String {
        self.count += 1;
        format!("{STEM}{:04}", self.count)
    }

    /// An email address.
    pub(super) fn email(&mut self) -> String {
        format!("{}@example.com", self.one())
    }

    /// Notes something that is no canary, and as secret.
    pub(super) fn secret(&mut self, secret: &str) {
        // Of a token and a policy the end is enough: it is the part that nobody can guess.
        let end = secret.len().saturating_sub(40);
        self.secrets.push(secret.get(end..).unwrap_or(secret).to_owned());
    }

    /// A text with a canary in place of every `@` that stands alone; `@@` is a canary and an `@`.
    pub(super) fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text.chars().peekable();
        while let Some(letter) = rest.next() {
            if letter != '@' {
                filled.push(letter);
                continue;
            }
            filled.push_str(&self.one());
            if rest.next_if_eq(&'@').is_some() {
                filled.push('@');
            }
        }
        filled
    }

    pub(super) fn good_file(&mut self) -> Vec<u8> {
        self.lines(&GOOD)
    }

    pub(super) fn bad_file(&mut self) -> Vec<u8> {
        self.lines(&BAD)
    }

    fn lines(&mut self, lines: &[&str]) -> Vec<u8> {
        let mut file = Vec::new();
        for line in lines {
            let mut line = self.fill(line);
            for (placeholder, times) in [("LONG", 200), ("LARGE", 30_000)] {
                if line.contains(placeholder) {
                    line = line.replace(placeholder, &self.one().repeat(times));
                }
            }
            if line == "LATIN" {
                line = format!("{{\"type\":\"subscription_product\",\"name\":\"{}\"}}", self.one());
                file.extend_from_slice(line.as_bytes());
                file.extend_from_slice(b"\xff\n");
                continue;
            }
            file.extend_from_slice(line.as_bytes());
            file.push(b'\n');
        }
        file
    }

    pub(super) fn aviary(&self) -> Aviary {
        Aviary::new(self.secrets.clone())
    }
}
