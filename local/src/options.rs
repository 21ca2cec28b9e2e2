//! How to start a stack.

use std::path::PathBuf;

/// How to start a stack.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port, or none for any free one.
    pub port: Option<u16>,
    /// Where to keep what it holds for the next start, or none to forget it.
    pub state: Option<PathBuf>,
    /// Print nothing but errors.
    pub quiet: bool,
    /// Run the functions as released, optimised, which take long to build; for measurements.
    pub release: bool,
    /// Where the functions reach AWS, should that not be the emulator itself but something before it; for tests.
    pub functions_endpoint_url: Option<String>,
    /// A file to write every decision over a permission into, if they are wanted; an absolute path.
    pub decisions: Option<PathBuf>,
    /// Template parameters, over those set here. An empty `JwtIssuer` and `JwtAudience` make an API that takes IAM signatures.
    pub parameters: Vec<(String, String)>,
}
