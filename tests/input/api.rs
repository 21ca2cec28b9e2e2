//! The API in memory: the gateway's events, routed as the template does, to the functions over their twins.

use std::collections::BTreeSet;

use aws::{
    config::{ApiConfig, StoreSource},
    gateway,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use imports::{
    api::{ApiError, CALLS, Call, IMPORTS_PATH, Reply},
    telemetry::Telemetry,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use twins::{Faults, MemoryForms};

use crate::{
    openapi,
    service::{Service, id},
    world::RETENTION,
};

/// The longest answer of a Lambda, in bytes of JSON; the document is a string in it, and so escaped once more.
const MAX_ANSWER_BYTES: usize = 6_291_556;

/// What a caller can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    Create,
    List,
    Upload,
    Get,
    Errors,
    Results,
    FailedLines,
    Cancel,
}

impl Route {
    pub(crate) const ALL: [Self; 8] = [
        Self::Create,
        Self::List,
        Self::Upload,
        Self::Get,
        Self::Errors,
        Self::Results,
        Self::FailedLines,
        Self::Cancel,
    ];

    /// Those whose path names a job.
    pub(crate) const OF_A_JOB: [Self; 5] = [Self::Get, Self::Errors, Self::Results, Self::FailedLines, Self::Cancel];

    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Create | Self::Upload | Self::Cancel => "post",
            Self::List | Self::Get | Self::Errors | Self::Results | Self::FailedLines => "get",
        }
    }

    /// What follows the path of the imports, as `openapi.yaml` writes it.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Create | Self::List => "",
            Self::Upload => "/uploads",
            Self::Get => "/{id}",
            Self::Errors => "/{id}/errors",
            Self::Results => "/{id}/results",
            Self::FailedLines => "/{id}/failed-lines",
            Self::Cancel => "/{id}/cancel",
        }
    }

    /// The statuses that `openapi.yaml` promises.
    pub(crate) fn statuses(self) -> BTreeSet<u16> {
        openapi::routes().into_iter().find(|route| self.is(route)).unwrap().statuses
    }

    fn is(self, route: &openapi::Route) -> bool {
        route.method.eq_ignore_ascii_case(self.method()) && route.path == format!("{IMPORTS_PATH}{}", self.path())
    }
}

/// A call as the gateway hands it on.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) route: Route,
    pub(crate) id: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) claims: Value,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn to(route: Route) -> Self {
        Self {
            route,
            id: id(1).to_string(),
            query: String::new(),
            headers: vec![("host".to_owned(), "api.example.com".to_owned())],
            claims: json!({"store_id": "main"}),
            body: Vec::new(),
        }
    }

    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn event(&self, rng: &mut ChaCha8Rng) -> gateway::ApiGatewayV2httpRequest {
        let path = format!("{IMPORTS_PATH}{}", self.route.path().replace("{id}", &self.id));
        let headers: serde_json::Map<_, _> =
            self.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let parameters = if self.route.path().contains("{id}") { json!({"id": self.id}) } else { Value::Null };
        // The gateway encodes what it takes for binary; text it may leave as it is.
        let text = String::from_utf8(self.body.clone()).ok().filter(|_| rng.random_ratio(1, 2));
        let event = json!({
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": self.query,
            "headers": headers,
            "pathParameters": parameters,
            "requestContext": {
                "http": {"method": self.route.method().to_uppercase(), "path": path},
                "authorizer": {"jwt": {"claims": self.claims, "scopes": []}},
            },
            "isBase64Encoded": text.is_none(),
            "body": text.unwrap_or_else(|| STANDARD.encode(&self.body)),
        });
        serde_json::from_value(event).unwrap()
    }
}

/// An answer as the gateway gets it.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
    /// How long the whole answer is, as Lambda hands it to the gateway.
    pub(crate) bytes: usize,
}

/// The functions of the API, with what they share.
pub(crate) struct Api {
    pub(crate) service: Service,
    forms: MemoryForms,
    telemetry: Telemetry,
    config: ApiConfig,
}

impl Api {
    pub(crate) fn new() -> Self {
        Self {
            service: Service::new(),
            forms: MemoryForms::new(Faults::default()),
            telemetry: Telemetry::new("input".to_owned(), |_| ()),
            config: ApiConfig { stores: StoreSource::Claim("store_id".to_owned()), scheme: "https" },
        }
    }

    pub(crate) async fn send(&self, rng: &mut ChaCha8Rng, sent: &Sent) -> Answered {
        let fresh = id(rng.random());
        let handle = |call| self.handle(sent.route, fresh, call);
        let response = gateway::answer(&self.config, &handle, sent.event(rng), "request-1").await;
        let bytes = serde_json::to_string(&response).unwrap().len();
        assert!(bytes <= MAX_ANSWER_BYTES, "an answer of {bytes} bytes to {sent:?}");
        let response = serde_json::to_value(response).unwrap();
        Answered {
            status: response["statusCode"].as_u64().unwrap().try_into().unwrap(),
            body: serde_json::from_str(response["body"].as_str().unwrap()).unwrap(),
            bytes,
        }
    }

    async fn handle(&self, route: Route, fresh: imports::import::ImportId, call: Call) -> Result<Reply, ApiError> {
        let worker = &*self.service.worker;
        let (imports, files, now) = (&worker.imports, &worker.files, twins::now());
        match route {
            Route::Create => create_import::handle(files, imports, &worker.queue, twins::now, fresh, call).await,
            Route::Upload => create_upload::handle(&self.forms, imports, TimeDelta::hours(1), now, fresh, &call).await,
            Route::List => list_imports::handle(imports, now, &call).await,
            Route::Get => get_import::handle(imports, 2, twins::now, &call).await,
            Route::Errors => list_import_errors::handle(imports, files, now, &call).await,
            Route::Results | Route::FailedLines => download_import::handle(imports, files, now, &call).await,
            Route::Cancel => cancel_import::handle(imports, files, twins::now, RETENTION, &self.telemetry, &call).await,
        }
    }
}

#[test]
fn a_call_that_there_is_not_is_told_of_all_that_there_are() {
    let known: BTreeSet<_> =
        CALLS.iter().map(|(method, path)| (method.to_string(), format!("{IMPORTS_PATH}{path}"))).collect();
    let described = openapi::routes().into_iter().map(|route| (route.method, route.path));
    assert_eq!(known, described.collect());
}

#[test]
fn every_call_that_takes_more_than_an_id_is_tried_with_wrong_input() {
    // Calls that take an id and nothing else get wrong ones in the story `wrong_calls`.
    let untried = openapi::routes().into_iter().filter(|route| !route.takes_only_an_id);
    let untried: Vec<_> = untried.filter(|route| !Route::ALL.iter().any(|known| known.is(route))).collect();
    assert_eq!(untried, []);
}
