//! The log of a function: what is written there, and what never is, whatever level somebody asks for.
//!
//! Written are the function's own events and those of the crates in `shared/`, whose fields hold no body, no line of a file, no
//! address. Of the Lambda runtime it is the id of the request and what went wrong, of all others nothing: at `debug` and
//! `trace` the runtime repeats the event that it was handed, bearer token and file and all, and the AWS clients what they
//! send and receive, with the keys that they sign it with.

use std::panic::{self, PanicHookInfo};

use lambda_http::tracing::{
    Subscriber, error,
    level_filters::LevelFilter,
    subscriber::{
        Layer,
        filter::Targets,
        fmt::{self, MakeWriter},
        layer::SubscriberExt,
        registry,
        util::SubscriberInitExt,
    },
};

use crate::config;

/// Starts the log of the function whose crate this is (`module_path!()` in its `main.rs`), on standard output.
pub fn start(function: &str) {
    let (level, is_json) = (config::log_level(), config::logs_json());
    subscriber(function, level, is_json, std::io::stdout).init();
    panic::set_hook(Box::new(tell_panic));
}

fn subscriber<W>(function: &str, level: LevelFilter, is_json: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let text = fmt::layer().with_target(false).with_writer(writer);
    let layer = if is_json { text.json().boxed() } else { text.boxed() };
    registry().with(layer.with_filter(heard(function, level)))
}

/// The crates in `shared/` that functions are made of. The colons keep the names of AWS's own crates out: targets are compared by
/// their beginnings.
const SHARED: [&str; 3] = ["aws::", "imports::", "records::"];

/// Which events are written.
fn heard(function: &str, level: LevelFilter) -> Targets {
    let ours = SHARED.into_iter().chain([function]).map(|target| (target.to_owned(), level));
    Targets::new().with_targets(ours).with_target("lambda_runtime", level.min(LevelFilter::INFO))
}

/// Tells where a panic was, and not what it said: that may quote a line.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    error!(place, "a panic, a mistake of ours");
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use chrono::DateTime;
    use serde_json::{Value, json};
    use tracing::{info, subscriber::with_default, trace};

    use super::*;
    use crate::error::{sort_of_file, tests::refused};

    /// A log that can be read.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged at a level while something is done.
    fn logged(level: LevelFilter, is_json: bool, work: impl FnOnce()) -> String {
        let log = Log::default();
        let writer = log.clone();
        with_default(subscriber("process_import", level, is_json, move || writer.clone()), work);
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }

    /// The same as text, each line without the time that it begins with.
    fn told(level: LevelFilter, work: impl FnOnce()) -> Vec<String> {
        let text = logged(level, false, work);
        let lines = text.lines().map(|line| line.split_once("Z ").unwrap().1.trim_start().to_owned());
        lines.collect()
    }

    fn everybody_speaks() {
        trace!(target: "process_import::batch", "ours");
        trace!(target: "imports::creation", "jobs");
        trace!(target: "aws::gateway", "calls");
        trace!(target: "lambda_runtime::requests", "the event");
        info!(target: "lambda_runtime", "its id");
        error!(target: "aws_smithy_runtime::client", "the request");
        error!(target: "hyper::proto", "the headers");
        error!(target: "lambda_http", "the call");
    }

    #[test]
    fn others_are_silent_at_every_level() {
        let written = |level| told(level, everybody_speaks);
        assert_eq!(written(LevelFilter::TRACE), ["TRACE ours", "TRACE jobs", "TRACE calls", "INFO its id"]);
        assert_eq!(written(LevelFilter::INFO), ["INFO its id"]);
        assert_eq!(written(LevelFilter::ERROR), [""; 0]);
    }

    #[test]
    fn an_event_is_a_line_of_json_where_lambda_wants_it() {
        let line =
            logged(LevelFilter::INFO, true, || info!(target: "imports::creation", store = "main", "import created"));
        let mut line: Value = serde_json::from_str(&line).unwrap();
        let time = line["timestamp"].take();
        assert!(DateTime::parse_from_rfc3339(time.as_str().unwrap()).is_ok(), "{time}");
        let fields = json!({"message": "import created", "store": "main"});
        assert_eq!(line, json!({"timestamp": null, "level": "INFO", "fields": fields}));
    }

    #[test]
    fn a_refused_call_is_logged_where_the_alarm_looks() {
        let line = logged(LevelFilter::ERROR, true, || drop(sort_of_file(refused())));
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["fields"]["refused"], "AccessDenied");
    }

    #[test]
    fn a_panic_is_logged_by_its_position_alone() {
        let line = logged(LevelFilter::TRACE, false, || {
            let before = panic::take_hook();
            panic::set_hook(Box::new(tell_panic));
            let panicked = panic::catch_unwind(|| panic!("over the line of anna@example.com"));
            panic::set_hook(before);
            assert!(panicked.is_err());
        });
        assert!(line.contains("ERROR a panic, a mistake of ours place=\"shared/aws/src/logs.rs:"), "{line}");
        assert!(!line.contains("anna"), "{line}");
    }
}
