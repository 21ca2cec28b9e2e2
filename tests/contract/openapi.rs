//! The calls of the API, as `openapi.yaml` lists them.

use std::{collections::BTreeSet, fs, sync::LazyLock};

use serde_json::Value;

use crate::ROOT;

/// A call of the API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    /// In capitals.
    pub(crate) method: String,
    /// With `{id}` for the id of a job.
    pub(crate) path: String,
    /// The statuses that its answers may have.
    pub(crate) statuses: BTreeSet<u16>,
    /// Whether a job's id is all that it takes.
    pub(crate) takes_only_an_id: bool,
    /// Whether it answers a page of a list.
    pub(crate) is_paged: bool,
}

/// The whole document. To read it takes longer than most tests that ask it.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_saphyr::from_str(&fs::read_to_string(format!("{ROOT}/openapi.yaml")).unwrap()).unwrap());

/// Every call.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let parameters = |of: &Value| of["parameters"].as_array().cloned().unwrap_or_default();
        for (method, call) in item.as_object().unwrap().iter().filter(|(_, call)| !call["responses"].is_null()) {
            let statuses = call["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap());
            let taken = [parameters(item), parameters(call)].concat();
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                statuses: statuses.collect(),
                takes_only_an_id: path.contains("{id}") && taken.len() == 1 && call["requestBody"].is_null(),
                is_paged: taken.iter().any(|one| one["$ref"] == "#/components/parameters/PageLimit"),
            });
        }
    }
    assert!(routes.len() >= 8, "{routes:?}");
    routes
}
