//! The local AWS: builds the functions, starts an emulator, deploys `template.yaml` to it unchanged, and runs files
//! through. The command line and the integration tests stand on the same [`Stack`].

mod deploy;
mod emulator;
mod error;
pub mod functions;
pub mod import;
pub mod issuer;
mod options;
pub mod output;
pub mod page;
pub mod python;
mod report;
pub mod rie;
mod serve;
mod sign_in;
pub mod stack;
pub mod stack_file;
mod template;
mod token;
pub mod up;
pub mod workspace;

pub use error::Error;
pub use options::Options;
pub use stack::Stack;
