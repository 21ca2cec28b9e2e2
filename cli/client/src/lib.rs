//! A client of the subscriptions import API: sends files, follows jobs, fetches what became of their lines.
//!
//! ```no_run
//! # async fn example() -> Result<(), client::Error> {
//! use client::{Auth, Client, Key, Options};
//!
//! let client = Client::new("https://abcde12345.execute-api.eu-west-1.amazonaws.com", Auth::token("…"))?;
//! let file = client::pack(std::fs::read("catalogue.jsonl").unwrap_or_default().into());
//! let job = client.send(file, &Options::default(), &Key::random()).await?;
//! let job = client.follow(&job.id, None, |job| println!("{:?}", job.status)).await?;
//! client.failed_lines(&job.id, &mut std::io::stdout()).await?;
//! # Ok(()) }
//! ```
//!
//! What does not get through is tried again, with pauses that grow, or as long as the service asks for. A token shows in no
//! error and in no `Debug`.

mod address;
mod auth;
mod calls;
mod download;
mod error;
mod follow;
mod interrupted;
mod job;
mod retry;
mod send;

pub use address::Address;
pub use auth::{Auth, ClientCredentials};
pub use calls::{Client, MOST_LISTED};
pub use error::{Error, Refusal};
pub use interrupted::interrupted;
pub use job::{ErrorCounts, ErrorRow, Errors, Failure, Job, Jobs, LineError, LineWarning, Records, ResultLine, Status};
pub use retry::Observer;
pub use send::{Key, MAX_BODY, Options, pack};

#[cfg(test)]
mod tests;
