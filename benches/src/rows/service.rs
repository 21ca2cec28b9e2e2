//! The calls of the API: what they take, and whether that stays so when ten thousand jobs wait or two hundred callers come at
//! once.

use futures_util::future::try_join_all;
use serde_json::Value;

use super::{Row, Unit, Wanted};
use crate::{
    Outcome, events,
    fake::{Calls, Fake, Manner::Null},
    process::Function,
    programs::Programs,
    say,
    trials::median,
};

/// A good line.
pub(super) const LINE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n";

/// How many jobs wait where many do.
const MANY: usize = 10_000;

/// A page of a list.
const PAGE: usize = 25;

/// How often a call is measured.
const TIMES: usize = 15;

/// The functions behind the API, warm, over one AWS.
pub(super) struct World {
    pub(super) fake: Fake,
    create: Function,
    get: Function,
    list: Function,
    worker: Function,
}

/// What a call took.
pub(super) struct Took {
    pub(super) milliseconds: f64,
    pub(super) calls: Calls,
    pub(super) answer: Value,
}

impl World {
    pub(super) async fn new(programs: &Programs) -> Outcome<Self> {
        let fake = Fake::start(Null).await?;
        let start = async |name| Function::start(programs.of(name)?, &fake).await;
        let (create, get) = (start("create-import").await?, start("get-import").await?);
        let (list, worker) = (start("list-imports").await?, start("process-import").await?);
        Ok(Self { fake, create, get, list, worker })
    }

    /// Posts a job; gives its id too.
    async fn post(&mut self) -> Outcome<(Took, String)> {
        let took = call(&self.fake, &mut self.create, &events::post(LINE)?).await?;
        let id = events::data(&took.answer, 201)?["id"].as_str().ok_or("a job without an id")?.to_owned();
        Ok((took, id))
    }

    /// Posts a job, runs it and gives its id.
    pub(super) async fn ended_job(&mut self) -> Outcome<String> {
        let (_, id) = self.post().await?;
        while let Some(event) = self.fake.queue().take() {
            self.worker.invoke(&event).await?;
        }
        Ok(id)
    }

    async fn list(&mut self, offset: usize) -> Outcome<Took> {
        let took = call(&self.fake, &mut self.list, &events::page("list-imports", "", offset)?).await?;
        let jobs = events::data(&took.answer, 200)?.as_array().map_or(0, Vec::len);
        if jobs == PAGE { Ok(took) } else { Err(format!("a page of {jobs} jobs").into()) }
    }

    async fn get(&mut self, job: &str) -> Outcome<Took> {
        let took = call(&self.fake, &mut self.get, &events::of("get-import", job)?).await?;
        events::data(&took.answer, 200).map(|_| took)
    }

    /// The read units of a list, a post and a poll.
    async fn read_units(&mut self) -> Outcome<[f64; 3]> {
        let (post, id) = self.post().await?;
        let (list, get) = (self.list(0).await?, self.get(&id).await?);
        Ok([list, post, get].map(|took| took.calls.read_units))
    }
}

/// Hands a call to a function.
pub(super) async fn call(fake: &Fake, function: &mut Function, event: &Value) -> Outcome<Took> {
    fake.calls();
    let (answer, time) = function.invoke(event).await?;
    Ok(Took { milliseconds: time.as_secs_f64() * 1e3, calls: fake.calls(), answer })
}

/// Pages and polls, with ten thousand jobs that wait, and with none.
pub(super) async fn pages(programs: &Programs) -> Outcome<Vec<Row>> {
    let mut world = World::new(programs).await?;
    for _ in 0..PAGE {
        world.ended_job().await?;
    }
    let idle = world.read_units().await?;
    say(&format!("P7: posting {MANY} jobs"));
    for _ in 0..MANY {
        world.post().await?;
    }
    let waiting = world.read_units().await?;
    let last = MANY - PAGE;
    let (mut first, mut far) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        first.push(world.list(0).await?);
        far.push(world.list(last).await?);
    }
    let units = |pages: &[Took]| pages.first().map_or(f64::NAN, |took| took.calls.read_units);
    let time = |pages: &[Took]| median(pages.iter().map(|took| took.milliseconds).collect()).unwrap_or(f64::NAN);
    let page = |what: &str, far: f64, first: f64, most| {
        let row = Row::new(
            "P7",
            format!("{what} of the page at {last} / at 0"),
            Wanted::AtMost(most),
            far / first,
            Unit::Times,
        );
        row.detail(format!("{far:.1} / {first:.1}"))
    };
    let mut rows =
        vec![page("read units", units(&far), units(&first), 1.2), page("time in ms", time(&far), time(&first), 1.3)];
    for ((what, idle), waiting) in ["list of 25", "post", "poll"].into_iter().zip(idle).zip(waiting) {
        let what = format!("read units of a {what} with {MANY} jobs waiting / with none");
        let row = Row::new("P7b", what, Wanted::AtMost(1.2), waiting / idle.max(1.0), Unit::Times);
        rows.push(row.detail(format!("{waiting:.1} / {idle:.1}")));
    }
    Ok(rows)
}

/// The calls of a post: it puts the file, takes a time, writes the job, sends its tick and asks once for its position.
const CALLS: [&str; 5] = ["PutObject", "UpdateItem", "TransactWriteItems", "SendMessage", "GetItem"];

/// Which calls a post makes.
pub(super) async fn post(programs: &Programs) -> Outcome<Vec<Row>> {
    let operations = operations_of_a_post(programs).await?;
    let most = Wanted::AtMost(crate::real(u64::try_from(CALLS.len())?));
    let count = crate::real(u64::try_from(operations.len())?);
    let detail = format!("{}; wanted: {}", operations.join(", "), CALLS.join(", "));
    Ok(vec![Row::new("P10", "calls of a post", most, count, Unit::Number).detail(detail)])
}

/// How many calls a post makes.
pub(crate) async fn calls_of_a_post(programs: &Programs) -> Outcome<f64> {
    Ok(crate::real(u64::try_from(operations_of_a_post(programs).await?.len())?))
}

async fn operations_of_a_post(programs: &Programs) -> Outcome<Vec<String>> {
    let mut world = World::new(programs).await?;
    // The first of a store makes items that the others find.
    world.post().await?;
    let (took, _) = world.post().await?;
    Ok(took.calls.operations)
}

/// How many callers post at once, and for how many milliseconds each transaction holds its items.
const AT_ONCE: usize = 200;
const HELD: u64 = 20;

/// Posts that come at once, each to a function of its own.
pub(super) async fn posts_at_once(programs: &Programs) -> Outcome<Vec<Row>> {
    let fake = Fake::holding(Null, Some(HELD)).await?;
    let program = programs.of("create-import")?;
    let mut functions = Vec::with_capacity(AT_ONCE);
    for _ in 0..AT_ONCE {
        functions.push(Function::start(program, &fake).await?);
    }
    let event = events::post(LINE)?;
    let answers = try_join_all(functions.iter_mut().map(|function| function.invoke(&event))).await?;
    let failed = answers.iter().filter(|(answer, _)| answer["statusCode"] != 201).count();
    let mut times: Vec<f64> = answers.iter().map(|(_, time)| time.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    let slow = times.get(AT_ONCE * 99 / 100).copied().unwrap_or(f64::NAN);
    let half = times.get(AT_ONCE / 2).copied().unwrap_or(f64::NAN);
    let failed = crate::real(u64::try_from(failed)?);
    let posts = format!("{AT_ONCE} posts at once, transactions of {HELD} ms");
    Ok(vec![
        Row::new("P11", format!("{posts}: failures"), Wanted::AtMost(0.0), failed, Unit::Number),
        Row::new("P11", format!("{posts}: 99th percentile"), Wanted::AtMost(1.5), slow, Unit::Seconds)
            .detail(format!("median {half:.2} s, on as many processors as there are")),
    ])
}
