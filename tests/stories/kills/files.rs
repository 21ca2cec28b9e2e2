//! Files that share references: their lines refer to objects of the same and of earlier files, and repeat some of their names.
//! Some lines are bad.

use imports::options::OnConflict;
use rand::{
    RngExt,
    seq::{IndexedRandom, SliceRandom},
};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// How many lines a file has, at the least and at the most.
const LINES: std::ops::Range<usize> = 400..1_600;

/// A file, and what is to become of objects that are stored already.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) lines: String,
    pub(super) on_conflict: OnConflict,
}

/// Makes so many files, to be imported one after another.
pub(super) fn files(count: usize, chance: &mut ChaCha8Rng) -> Vec<File> {
    let mut names = Names { next: 0, products: vec![], plans: vec![], offerings: vec![] };
    let policies = [OnConflict::Fail, OnConflict::Update, OnConflict::Skip];
    let file = |number: usize| {
        let lines = chance.random_range(LINES);
        let mut lines: Vec<String> = (0..lines).map(|_| line(&mut names, chance)).collect();
        // What a line refers to comes after it as often as before.
        lines.shuffle(chance);
        File { lines: lines.join("\n"), on_conflict: policies[number % policies.len()] }
    };
    (0..count).map(file).collect()
}

/// What has a name so far, in this file and those before it.
struct Names {
    next: usize,
    products: Vec<String>,
    plans: Vec<String>,
    /// With a plan of each.
    offerings: Vec<(String, String)>,
}

impl Names {
    fn fresh(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}-{}", self.next)
    }
}

/// One of those there are, now and then; else a new one.
fn repeated<T: Clone>(of: &[T], chance: &mut ChaCha8Rng) -> Option<T> {
    if chance.random_bool(0.15) { of.choose(chance).cloned() } else { None }
}

/// One of those there are, or one that there is not.
fn referred(of: &[String], chance: &mut ChaCha8Rng) -> String {
    let known = if chance.random_bool(0.99) { of.choose(chance).cloned() } else { None };
    known.unwrap_or_else(|| "nowhere".to_owned())
}

fn line(names: &mut Names, chance: &mut ChaCha8Rng) -> String {
    // So that a line that replaces an object changes it.
    let name = format!("Box {}", chance.random_range(0..1_000_000));
    let (kind, attributes) = match chance.random_range(0..100) {
        0..20 => {
            let external_ref = repeated(&names.products, chance).unwrap_or_else(|| names.fresh("product"));
            names.products.push(external_ref.clone());
            ("subscription_product", json!({"external_ref": external_ref, "name": name}))
        }
        20..25 => ("subscription_product", json!({"name": name})),
        25..40 => {
            let external_ref = repeated(&names.plans, chance).unwrap_or_else(|| names.fresh("plan"));
            names.plans.push(external_ref.clone());
            ("subscription_plan", plan(&external_ref, &name))
        }
        40..50 => {
            let account = "fb59acb3-15a6-4d41-8b9b-e80107f478d7";
            ("subscription_subscriber", json!({"account_id": account, "name": name, "email": "robin@example.com"}))
        }
        50..70 => {
            let (external_ref, plan) = repeated(&names.offerings, chance)
                .unwrap_or_else(|| (names.fresh("offering"), referred(&names.plans, chance)));
            let products = [referred(&names.products, chance), referred(&names.products, chance)];
            let attributes = json!({"external_ref": external_ref, "name": name, "products": products, "plans": [plan]});
            names.offerings.push((external_ref, plan));
            ("subscription_offering", attributes)
        }
        70..96 => {
            let nowhere = ("nowhere".to_owned(), "nowhere".to_owned());
            let (offering, plan) = names.offerings.choose(chance).cloned().unwrap_or(nowhere);
            ("subscription", subscription(&name, &offering, &plan))
        }
        96 => return "{\"type\": \"subscription_plan\", \"name\": ".to_owned(),
        97 => ("subscription_offering", json!({"name": name, "products": [], "plans": ["none"]})),
        _ => ("subscription_plan", plan(&names.fresh("plan"), "")),
    };
    json!({"data": {"type": kind, "attributes": attributes}}).to_string()
}

fn plan(external_ref: &str, name: &str) -> Value {
    json!({
        "external_ref": external_ref, "name": name, "billing_interval_type": "month", "billing_frequency": 1,
        "plan_length": 12, "end_behavior": "roll", "can_pause": true, "can_resume": true, "can_cancel": true,
    })
}

fn subscription(name: &str, offering: &str, plan: &str) -> Value {
    json!({
        "account_id": "4dbb0891-17c3-4b93-8191-a45357163595", "currency": "GBP", "name": name,
        "email": "zoe.okafor@example.com", "manual_payments": false, "offering_external_ref": offering,
        "selected_plan": plan,
    })
}
