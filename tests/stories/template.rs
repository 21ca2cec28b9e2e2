//! What the template promises: rules, each run on the template as AWS expands it, and on the same template with a mistake
//! planted that the rule must find. Needs nothing of the local AWS but the SAM translator that comes with it.

mod alarms;
mod mistakes;
mod permissions;
mod privacy;
mod rules;

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    process::{Command, Stdio},
};

use records::StoreId;
use serde_json::{Map, Value, json};

use self::mistakes::{MISTAKES, Mistake};
use crate::{root::kebab, world::ROOT};

const EXPAND: &str = include_str!("template/expand.py");

/// A parameter that may be left out, and what it is when it is not.
const OPTIONAL: [(&str, &str); 10] = [
    ("JwtIssuer", "https://issuer.example.com"),
    ("JwtAudience", "imports"),
    ("AlarmTopicArn", "arn:aws:sns:eu-central-1:123456789012:alarms"),
    ("Alarms", "few"),
    ("PartnerPrincipals", "210987654321,arn:aws:iam::109876543210:role/exports"),
    ("KmsKeyArn", "arn:aws:kms:eu-central-1:123456789012:key/1"),
    ("AccessLogBucket", "access-logs"),
    ("LogRetentionDays", "7"),
    ("LogLevel", "warn"),
    ("ImportRetentionDays", "11"),
];

/// An API for tokens, and no page.
const WITHOUT_PAGE: [(&str, &str); 3] = [OPTIONAL[0], OPTIONAL[1], ("Page", "off")];

type Check = fn(&Template) -> Result<(), String>;

/// Every rule by its name.
const RULES: [(&str, Check); 28] = [
    ("visibility", rules::visibility),
    ("times", rules::times),
    ("batches", rules::batches),
    ("loops", rules::loops),
    ("dead letters", rules::dead_letters),
    ("failed announcements", rules::failed_announcements),
    ("replayed letters", rules::replayed_letters),
    ("encryption", rules::encryption),
    ("tls", rules::tls),
    ("public access", rules::public_access),
    ("versions", rules::versions),
    ("lifecycle", rules::lifecycle),
    ("recovery", rules::recovery),
    ("logs", rules::logs),
    ("access log", rules::access_log),
    ("tracing", rules::tracing),
    ("permissions", permissions::permissions),
    ("lent permissions", permissions::lent),
    ("callers", permissions::callers),
    ("listing", permissions::listing),
    ("partners", permissions::partners),
    ("stores", permissions::stores),
    ("page", permissions::page),
    ("privacy", privacy::privacy),
    ("alarms", alarms::alarms),
    ("refusals", alarms::refusals),
    ("dashboard", alarms::dashboard),
    ("runbook", alarms::runbook),
];

/// The template, expanded, its conditions decided and its parameters filled in.
#[derive(Debug)]
struct Template {
    resources: Map<String, Value>,
    /// The key that the operator gave, if any; and where alarms go.
    key: Option<String>,
    topic: Option<String>,
    /// For how many days logs are kept, and ended imports; at which level functions log.
    log_days: Value,
    import_days: Value,
    log_level: Value,
    /// Who comes from other accounts.
    partners: Value,
    /// Whether there are all alarms, or those alone that few are.
    has_all_alarms: bool,
    /// Whether there is to be the page: it needs somebody who signs people in.
    has_page: bool,
}

impl Template {
    /// Decides the conditions, with the default of each parameter that is not given.
    fn decide(expanded: &Value, given: &[(&str, &str)]) -> Self {
        let deciding = Deciding { template: expanded, given };
        let mut resources = Map::new();
        for (name, resource) in expanded["Resources"].as_object().unwrap() {
            let there = resource.get("Condition").is_none_or(|condition| deciding.holds(condition.as_str().unwrap()));
            if there {
                resources.insert(name.clone(), deciding.decided(resource).unwrap());
            }
        }
        let value = |name: &str| given.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
        let parameter = |name: &str| deciding.parameter(name, &Value::Null);
        Self {
            resources,
            key: value("KmsKeyArn"),
            topic: value("AlarmTopicArn"),
            log_days: parameter("LogRetentionDays"),
            import_days: parameter("ImportRetentionDays"),
            log_level: parameter("LogLevel"),
            partners: parameter("PartnerPrincipals"),
            has_all_alarms: parameter("Alarms") == "all",
            has_page: value("JwtIssuer").is_some() && parameter("Page") == "on",
        }
    }

    /// The names and properties of all resources of a type.
    fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let of_kind = self.resources.iter().filter(move |(_, resource)| resource["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }

    /// The properties of a resource that a value refers to, where it is of a type.
    fn referred<'a>(&'a self, value: &Value, kind: &str) -> Option<(&'a str, &'a Value)> {
        let (name, resource) = self.resources.get_key_value(target(value)?)?;
        (resource["Type"] == kind).then(|| (name.as_str(), &resource["Properties"]))
    }
}

/// The resource that `!Ref` or `!GetAtt` names.
fn target(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}

/// Fails with a text unless something holds.
fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

/// Deciding what only a deployment decides: conditions, and the parameters themselves.
struct Deciding<'a> {
    template: &'a Value,
    given: &'a [(&'a str, &'a str)],
}

impl Deciding<'_> {
    fn holds(&self, condition: &str) -> bool {
        self.is(&self.template["Conditions"][condition])
    }

    fn is(&self, condition: &Value) -> bool {
        let (function, of) = condition.as_object().unwrap().iter().next().unwrap();
        match function.as_str() {
            "Condition" => self.holds(of.as_str().unwrap()),
            "Fn::And" => of.as_array().unwrap().iter().all(|part| self.is(part)),
            "Fn::Or" => of.as_array().unwrap().iter().any(|part| self.is(part)),
            "Fn::Not" => !self.is(&of[0]),
            "Fn::Equals" => self.decided(&of[0]) == self.decided(&of[1]),
            other => panic!("a condition with {other}"),
        }
    }

    /// A value as it is deployed; none where it is `AWS::NoValue`.
    fn decided(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(map) => {
                if let Some(choice) = map.get("Fn::If") {
                    let branch = if self.holds(choice[0].as_str().unwrap()) { &choice[1] } else { &choice[2] };
                    return self.decided(branch);
                }
                if let Some(join) = map.get("Fn::Join") {
                    let parts = self.decided(&join[1])?;
                    let parts: Vec<&str> = parts.as_array()?.iter().filter_map(Value::as_str).collect();
                    return Some(json!(parts.join(join[0].as_str()?)));
                }
                if let Some(name) = map.get("Ref").and_then(Value::as_str) {
                    return if name == "AWS::NoValue" { None } else { Some(self.parameter(name, value)) };
                }
                let decided = map.iter().filter_map(|(name, value)| Some((name.clone(), self.decided(value)?)));
                Some(Value::Object(decided.collect()))
            }
            Value::Array(list) => Some(list.iter().filter_map(|value| self.decided(value)).collect()),
            plain => Some(plain.clone()),
        }
    }

    /// What a parameter is; a reference to anything else stays one.
    fn parameter(&self, name: &str, reference: &Value) -> Value {
        let declared = &self.template["Parameters"][name];
        let (kind, default) = (&declared["Type"], &declared["Default"]);
        let given = self.given.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        match given.or(default.as_str()) {
            Some(value) if kind == "CommaDelimitedList" => value.split(',').collect(),
            Some(value) if kind == "Number" => serde_json::from_str(value).unwrap(),
            Some(value) => json!(value),
            None if default.is_null() => reference.clone(),
            None => default.clone(),
        }
    }
}

fn text() -> String {
    fs::read_to_string(format!("{ROOT}/template.yaml")).unwrap()
}

/// Expands templates, all in one go.
fn expand(texts: &[String]) -> Vec<Value> {
    let mut python = Command::new(local::python::EMULATOR.interpreter().unwrap())
        .args(["-c", EXPAND])
        .env("AWS_DEFAULT_REGION", "eu-central-1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(&serde_json::to_vec(texts).unwrap()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let expanded: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    expanded
        .into_iter()
        .map(|expanded| expanded.get("template").unwrap_or_else(|| panic!("{expanded}")).clone())
        .collect()
}

/// Runs a rule on the template as it is deployed with no parameter given, then with all of them, so with all alarms, and with
/// the page switched off.
fn check(rule: Check, expanded: &Value) -> Result<(), String> {
    let all_alarms = OPTIONAL.map(|(name, value)| (name, if name == "Alarms" { "all" } else { value }));
    let ways = [&[][..], &OPTIONAL, &all_alarms, &WITHOUT_PAGE];
    ways.into_iter().try_for_each(|given| rule(&Template::decide(expanded, given)))
}

/// The template with a mistake in it.
fn planted(template: &str, mistake: &Mistake) -> String {
    mistake.edits.iter().fold(template.to_owned(), |text, (within, from, to)| {
        let begin = text.find(&format!("\n  {within}:\n")).unwrap_or_else(|| panic!("no {within}")) + 1;
        let ends = |(place, _): &(usize, &str)| {
            text[begin + place + 1..].starts_with(|next| next != ' ' && next != '\n')
                || text[begin + place..].starts_with("\n  ")
                    && text[begin + place + 3..].starts_with(|next: char| next.is_alphanumeric())
        };
        let end = text[begin..].match_indices('\n').skip(1).find(ends).map_or(text.len(), |(place, _)| begin + place);
        let block = &text[begin..end];
        assert!(block.contains(from), "{within} has no {from:?}:\n{block}");
        format!("{}{}{}", &text[..begin], block.replacen(from, to, 1), &text[end..])
    })
}

/// The actions that each function is granted by the template as SAM expands it, once for each resource.
pub(crate) fn granted() -> Vec<(String, String)> {
    let template = Template::decide(&expand(&[text()])[0], &[]);
    let pairs = permissions::statements(&template).into_iter().flat_map(|(role, statement)| {
        let function = kebab(role.trim_end_matches("FunctionRole"));
        let resources = rules::one_or_many(&statement["Resource"]).len();
        let actions = rules::one_or_many(&statement["Action"]);
        let actions: Vec<String> = actions.into_iter().map(|action| action.as_str().unwrap().to_owned()).collect();
        let each = actions.into_iter().flat_map(move |action| vec![action; resources]);
        each.map(move |action| (function.clone(), action))
    });
    pairs.collect()
}

#[test]
fn the_template_keeps_every_rule() {
    let expanded = expand(&[text()]);
    for (name, rule) in RULES {
        assert_eq!(check(rule, &expanded[0]), Ok(()), "{name}");
    }
}

#[test]
fn every_rule_finds_the_mistakes_planted_for_it() {
    let template = text();
    let texts: Vec<String> = MISTAKES.iter().map(|mistake| planted(&template, mistake)).collect();
    let (mut proven, mut missed) = (BTreeSet::new(), Vec::new());
    for (mistake, expanded) in MISTAKES.iter().zip(expand(&texts)) {
        let (name, rule) = RULES.into_iter().find(|(name, _)| *name == mistake.rule).unwrap();
        let found = check(rule, &expanded);
        if found != Err(mistake.found.to_owned()) {
            missed.push(format!("{name}: {:?} gave {found:?}, not {:?}", mistake.edits, mistake.found));
        }
        proven.insert(name);
    }
    assert!(missed.is_empty(), "{missed:#?}");
    let all: BTreeSet<&str> = RULES.into_iter().map(|(name, _)| name).collect();
    assert_eq!(proven, all, "a rule without a mistake is not proven");
    println!("{} rules, {} planted mistakes found", RULES.len(), MISTAKES.len());
}

#[test]
fn the_runbook_counts_the_alarms_that_are_paid_for() {
    let expanded = expand(&[text()]);
    let count = |alarms| {
        let given = [("JwtIssuer", "https://issuer.example.com"), ("JwtAudience", "imports"), ("Alarms", alarms)];
        Template::decide(&expanded[0], &given).all("AWS::CloudWatch::Alarm").count()
    };
    let told = format!("all are {}, `Alarms` = `few` leaves {}", count("all"), count("few"));
    assert!(fs::read_to_string(format!("{ROOT}/docs/operations.md")).unwrap().contains(&told), "{told}");
}

#[test]
fn a_store_can_be_deployed_with_the_names_that_the_functions_take() {
    let pattern = expand(&[text()])[0]["Parameters"]["Store"]["AllowedPattern"].as_str().unwrap().to_owned();
    let long = "s".repeat(65);
    let names =
        ["main", "Store_1-a", "7a", "nullable", &long[1..], &long, "", "a b", "a/b", "TRUE", "None", "nan", "1", "-_"];
    let matched = Command::new(local::python::EMULATOR.interpreter().unwrap())
        .args([
            "-c",
            "import re, sys; print(*[int(re.fullmatch(sys.argv[1], name) is not None) for name in sys.argv[2:]])",
        ])
        .arg(pattern)
        .args(names)
        .output()
        .unwrap();
    let matched = String::from_utf8(matched.stdout).unwrap();
    let taken = names.map(|name| u8::from(StoreId::from_configuration(name).is_some()).to_string());
    assert_eq!(matched.trim(), taken.join(" "), "{names:?}");
}
