//! What operators see: the metrics in the worker's log, with the numbers of the job's own document.

use std::fs;

use imports::telemetry::{METRICS, NAMESPACE};
use serde_json::Value;

use crate::world::{PATIENCE, ROOT, World, sum};

/// The line of metrics in the log of the functions that tells of a job, as soon as it is there, and how many there are.
async fn metrics(world: &World, id: &str) -> (Value, usize) {
    world
        .wait(&format!("line with the metrics of {id}"), PATIENCE, async || {
            let log = fs::read_to_string(world.stack.log()).unwrap();
            let lines = log.lines().filter_map(|line| Some(&line[line.find("{\"_aws\":")?..]));
            let lines: Vec<Value> =
                lines.filter(|line| line.contains(id)).map(|line| serde_json::from_str(line).unwrap()).collect();
            lines.first().map(|line| (line.clone(), lines.len()))
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_metrics_of_each_job_with_the_numbers_of_its_document() {
    let world = World::shared().await;
    let sample = fs::read(format!("{ROOT}/events/sample.jsonl")).unwrap();
    let job = world.run(sample).await;
    let id = job["id"].as_str().unwrap();
    let (line, count) = metrics(&world, id).await;
    assert_eq!(count, 1, "logged once");

    assert_eq!(line["Outcome"], job["attributes"]["status"]);
    assert_eq!(line["RecordsUploaded"], sum(&job, "uploaded"));
    assert_eq!(line["RecordsImported"], sum(&job, "imported"));
    let failed = world.results(id).await.iter().filter(|row| row["action"] == "failed").count();
    assert!(failed > 0);
    assert_eq!(line["RecordsFailed"], failed);
    assert_eq!(line["JobsFinished"], 1);
    assert!(line["WriteUnits"].as_f64().unwrap() >= line["RecordsImported"].as_f64().unwrap(), "{line}");
    // The local AWS does not say what reading takes.
    assert!(line["ReadUnits"].is_f64() && line["WorkerTime"].as_u64().unwrap() > 0, "{line}");
    let time = |name: &str| {
        let text = job["meta"]["timestamps"][name].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    };
    // Of both times the millisecond is cut off.
    let close = |metric: &str, expected: i64| assert!((line[metric].as_i64().unwrap() - expected).abs() <= 1, "{line}");
    close("QueueAge", time("started_at") - time("created_at"));
    close("JobDuration", time("finished_at") - time("started_at"));
    assert_eq!(line["_aws"]["Timestamp"], time("finished_at"));

    // What CloudWatch reads: every metric is filed in our namespace, and none by whose data it was.
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    assert!(directives.iter().all(|directive| directive["Namespace"] == NAMESPACE));
    let names = directives.iter().flat_map(|directive| directive["Metrics"].as_array().unwrap());
    // All but the one that is of no job.
    let of_jobs = METRICS.iter().map(|metric| metric.name).filter(|name| *name != "StrayFiles");
    assert!(names.map(|metric| metric["Name"].as_str().unwrap()).eq(of_jobs));
    assert!(!line.to_string().contains(&world.store), "{line}");
}
