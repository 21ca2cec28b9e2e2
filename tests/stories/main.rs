//! The service as its users meet it: the compiled functions, deployed from `template.yaml` to a local AWS that enforces
//! their permissions. Each module is one story.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod adapters;
mod again;
mod as_documented;
mod bad_network;
mod bad_weather;
mod browser;
mod bucket_policy;
mod canaries;
mod cancelled;
mod careless_files;
mod command;
mod contract;
mod drops;
mod events;
mod every_line_reported;
mod fifty_thousand;
mod filters;
mod first_command;
mod gate;
mod generated_client;
mod hostile_files;
mod kept;
mod kills;
mod one_at_a_time;
#[path = "../contract/openapi.rs"]
mod openapi;
mod others_are_told;
mod page;
mod pages;
mod partner;
mod path_tricks;
mod permissions;
mod planted_faults;
mod processes;
mod proxy;
mod recipes;
mod reference_page;
mod resumed;
mod root;
mod runbook;
#[expect(dead_code, reason = "the tests of the client have more to ask of it")]
#[path = "../../cli/client/src/tests/server.rs"]
mod server;
mod telemetry;
mod template;
mod ten_thousand_jobs;
mod tenancy;
mod three_clients;
mod uploads;
mod waiting;
mod ways_in;
mod ways_out;
mod world;
mod wrong_calls;

use world::ROOT;
