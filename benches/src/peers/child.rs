//! A peer's side of its process: `bench peer loop|pipe|check TASKS ITEMS ENDPOINT`.

use std::{fs, io::Write, time::Instant};

use clap::Args;
use findings::{Groups, Row};

use super::{Took, pipe, sdk_loop};
use crate::{Outcome, process::usage_of};

#[derive(Args, Debug)]
pub(crate) struct PeerArgs {
    what: String,
    tasks: usize,
    items: String,
    endpoint: String,
}

impl PeerArgs {
    /// Writes the items, and prints what that took.
    pub(crate) async fn run(self) -> Outcome {
        let text = fs::read_to_string(&self.items)?;
        let items: Vec<&str> = text.lines().collect();
        let took = match self.what.as_str() {
            "loop" => {
                let writer = sdk_loop::SdkLoop::new(&items, &self.endpoint)?;
                measured(writer.write(self.tasks)).await?
            }
            "pipe" => {
                let pipe = pipe::Pipe::new(&items, &self.endpoint)?;
                measured(pipe.write(self.tasks)).await?
            }
            "check" => {
                let bad = async {
                    let checked = records::check(text.as_bytes()).map_err(|fault| format!("{fault:?}"))?;
                    let mut groups = Groups::default();
                    checked.rows().for_each(|line| groups.add(&Row::of_line(&line)));
                    if checked.total().bad > 0 { Err("a good line is bad".into()) } else { Ok(()) }
                };
                measured(bad).await?
            }
            other => return Err(format!("there is no peer {other}").into()),
        };
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&took)?)?;
        Ok(())
    }
}

async fn measured(work: impl Future<Output = Outcome>) -> Outcome<Took> {
    let (before, began) = (usage_of("self")?, Instant::now());
    work.await?;
    let (wall, after) = (began.elapsed().as_secs_f64(), usage_of("self")?);
    Ok(Took { wall, cpu: after.cpu - before.cpu, peak: after.peak })
}
