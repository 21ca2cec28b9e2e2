//! What the roles of the functions are granted, and what they were seen to use.

use std::{collections::BTreeSet, fs, path::PathBuf};

use local::Stack;
use serde_json::{Value, json};

use crate::root::{self, Function};

/// An action on a resource, or on what lies under a prefix of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) function: String,
    pub(crate) action: String,
    pub(crate) resource: String,
}

impl Pair {
    pub(crate) fn covers(&self, used: &Self) -> bool {
        let under = self.resource.strip_suffix('*');
        let resource = under.map_or(self.resource == used.resource, |prefix| used.resource.starts_with(prefix));
        self.function == used.function && self.action == used.action && resource
    }
}

/// What the policies said to something that a function asked for.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) used: Pair,
    pub(crate) allowed: bool,
}

/// The roles of a stack that notes every decision.
pub(crate) struct Roles {
    pub(crate) functions: Vec<Function>,
    noted: PathBuf,
}

impl Roles {
    pub(crate) async fn of(stack: &Stack, noted: PathBuf) -> Self {
        Self { functions: root::functions(stack).await, noted }
    }

    /// Every decision so far. What the root user asks for is none.
    pub(crate) fn decisions(&self) -> Vec<Decision> {
        self.noted("")
    }

    /// How often something was refused so far.
    pub(crate) fn refusals(&self) -> usize {
        self.noted("false").iter().filter(|decision| !decision.allowed).count()
    }

    /// The decisions in whose lines a text stands: there are thousands, and they are asked for again and again.
    fn noted(&self, text: &str) -> Vec<Decision> {
        let noted = fs::read_to_string(&self.noted).unwrap();
        // The last line may be half written.
        let lines = noted.split_inclusive('\n').filter(|line| line.ends_with('\n') && line.contains(text));
        lines.filter_map(|line| self.decision(&serde_json::from_str(line).unwrap())).collect()
    }

    fn decision(&self, noted: &Value) -> Option<Decision> {
        // arn:aws:sts::000000000000:assumed-role/ROLE/SESSION
        let role = noted["principal"].as_str()?.split('/').nth(1)?;
        let function = self.functions.iter().find(|function| function.role == role)?.folder.clone();
        let text = |name: &str| noted[name].as_str().unwrap().to_owned();
        let used = Pair { function, action: text("action"), resource: text("resource") };
        Some(Decision { used, allowed: noted["allowed"] == true })
    }

    /// What every role is granted by the policies written out in the template.
    pub(crate) async fn granted(&self, stack: &Stack) -> BTreeSet<Pair> {
        let mut granted = BTreeSet::new();
        for function in &self.functions {
            for (_, document) in policies(stack, &function.role).await {
                for statement in document["Statement"].as_array().unwrap() {
                    for (action, resource) in pairs(statement) {
                        let inserted = granted.insert(Pair { function: function.folder.clone(), action, resource });
                        assert!(inserted, "{} is granted something twice: {statement}", function.folder);
                    }
                }
            }
        }
        granted
    }

    /// Takes a pair away from its role. Gives back what puts it there again.
    pub(crate) async fn take_away(&self, stack: &Stack, pair: &Pair) -> Taken {
        let role = &self.functions.iter().find(|function| function.folder == pair.function).unwrap().role;
        let taken = Taken { role: role.clone(), policies: policies(stack, role).await };
        for (name, document) in &taken.policies {
            let statements = document["Statement"].as_array().unwrap().iter().flat_map(pairs);
            let kept = statements.filter(|(action, resource)| (action, resource) != (&pair.action, &pair.resource));
            let kept: Vec<Value> = kept
                .map(|(action, resource)| json!({"Effect": "Allow", "Action": action, "Resource": resource}))
                .collect();
            if kept.is_empty() {
                let parameters = [("Action", "DeleteRolePolicy"), ("RoleName", role), ("PolicyName", name)];
                root::iam(stack, &parameters).await;
            } else {
                put(stack, role, name, &json!({"Version": "2012-10-17", "Statement": kept})).await;
            }
        }
        taken
    }
}

/// The policies of a role as they were.
pub(crate) struct Taken {
    role: String,
    policies: Vec<(String, Value)>,
}

impl Taken {
    pub(crate) async fn give_back(self, stack: &Stack) {
        for (name, document) in &self.policies {
            put(stack, &self.role, name, document).await;
        }
    }
}

/// The single pairs of a statement.
fn pairs(statement: &Value) -> Vec<(String, String)> {
    assert_eq!(statement["Effect"], "Allow");
    let texts = |value: &Value| match value {
        Value::Array(list) => list.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    };
    let resources = texts(&statement["Resource"]);
    let actions = texts(&statement["Action"]).into_iter();
    actions.flat_map(|action| resources.iter().map(move |resource| (action.clone(), resource.clone()))).collect()
}

/// The inline policies of a role, by name.
async fn policies(stack: &Stack, role: &str) -> Vec<(String, Value)> {
    let listed = root::iam(stack, &[("Action", "ListRolePolicies"), ("RoleName", role)]).await;
    let mut policies = Vec::new();
    for name in between(&listed, "<member>", "</member>") {
        let parameters = [("Action", "GetRolePolicy"), ("RoleName", role), ("PolicyName", name)];
        let answer = root::iam(stack, &parameters).await;
        let document = between(&answer, "<PolicyDocument>", "</PolicyDocument>")[0].replace('+', "%2B");
        let (document, _) = form_urlencoded::parse(document.as_bytes()).next().unwrap();
        let document = document.replace("&quot;", "\"").replace("&amp;", "&");
        policies.push((name.to_owned(), serde_json::from_str(&document).unwrap()));
    }
    policies
}

async fn put(stack: &Stack, role: &str, name: &str, document: &Value) {
    let document = document.to_string();
    let parameters =
        [("Action", "PutRolePolicy"), ("RoleName", role), ("PolicyName", name), ("PolicyDocument", document.as_str())];
    root::iam(stack, &parameters).await;
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}
