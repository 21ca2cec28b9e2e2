//! How time and memory grow with what a file has more of, as a plot. All of it is to be straight.

use std::ops::Range;

use plotters::prelude::*;

use crate::{
    Outcome,
    fake::Manner::Null,
    files::{FULL, ImportFile, Kind},
    imports,
    process::folder,
    programs::Programs,
    row::{Row, Unit, Wanted},
    say,
    trials::median,
};

/// How often each point is measured, one point after the other. What lies in the middle counts.
const ROUNDS: usize = 3;

/// Where the plot stands until it is written beside the page.
pub(crate) const PLOT: &str = "growth.svg";

/// What grows, in which unit, and the files.
struct Series {
    what: &'static str,
    unit: &'static str,
    files: Vec<(f64, ImportFile)>,
}

struct Point {
    x: f64,
    /// Of processors: those who wait for the machine's are not measured.
    seconds: f64,
    /// Over the file's size.
    megabytes: f64,
}

fn series() -> Vec<Series> {
    const SHARES: [usize; 5] = [0, 25, 50, 75, 100];
    let real = |number: usize| crate::real(u64::try_from(number).unwrap_or_default());
    let fifth = |kind| ImportFile { kind, lines: FULL / 5 };
    let lines = [1_000, 10_000, 20_000, 30_000, 40_000, 50_000];
    let good = |lines| (real(lines) / 1e3, ImportFile { kind: Kind::Good, lines });
    let sized = |bytes| (real(bytes) / 1e3, fifth(Kind::Sized(bytes)));
    let of_shares = |kind: fn(usize) -> Kind| SHARES.map(|share| (real(share), fifth(kind(share)))).to_vec();
    let lengths = [200, 5_000, 10_000, 15_000, 20_000];
    vec![
        Series { what: "objects", unit: "thousand", files: lines.map(good).to_vec() },
        Series { what: "size of a line", unit: "KB", files: lengths.map(sized).to_vec() },
        Series { what: "lines that refer to one large object", unit: "%", files: of_shares(Kind::Referring) },
        Series { what: "bad lines", unit: "%", files: of_shares(Kind::Bad) },
    ]
}

/// Measures all, draws the plot, and says of each how far from straight its CPU time is.
pub(crate) async fn measure(programs: &Programs) -> Outcome<Vec<Row>> {
    let mut drawn = Vec::new();
    for series in series() {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            for &(x, file) in &series.files {
                rounds.push(point(programs, x, file).await?);
            }
        }
        say(&format!("growth: {}", series.what));
        let points = middle(&rounds, series.files.len());
        drawn.push((series, points));
    }
    draw(&drawn).map_err(|error| error.to_string())?;
    let row = |(series, points): &(Series, Vec<Point>)| {
        let times: Vec<_> = points
            .iter()
            .map(|point| format!("{} {}: {:.2} s, {:.0} MB", point.x, series.unit, point.seconds, point.megabytes))
            .collect();
        let what = format!("{}: how far CPU is from a straight line", series.what);
        Row::new("G", what, Wanted::AtMost(15.0), bend(points).unwrap_or(f64::NAN), Unit::Percent)
            .detail(times.join("; "))
    };
    Ok(drawn.iter().map(row).collect())
}

async fn point(programs: &Programs, x: f64, file: ImportFile) -> Outcome<Point> {
    let bytes = file.make()?;
    let size = crate::real(u64::try_from(bytes.len())?);
    let imported = imports::import(programs, bytes, Null).await?;
    Ok(Point { x, seconds: imported.cpu, megabytes: (crate::real(imported.peak) - size) / 1e6 })
}

/// The medians of rounds of so many points.
fn middle(rounds: &[Point], points: usize) -> Vec<Point> {
    let of = |at: usize, value: fn(&Point) -> f64| {
        median(rounds.iter().skip(at).step_by(points).map(value).collect()).unwrap_or(f64::NAN)
    };
    let middle = |at| Point {
        x: of(at, |point| point.x),
        seconds: of(at, |point| point.seconds),
        megabytes: of(at, |point| point.megabytes),
    };
    (0..points).map(middle).collect()
}

/// How far the CPU time of a point is from the straight line that fits all best, in parts of a hundred of the longest time.
fn bend(points: &[Point]) -> Option<f64> {
    let mean = |value: fn(&Point) -> f64| {
        Some(points.iter().map(value).sum::<f64>() / crate::real(points.len().try_into().ok()?))
    };
    let (x, y) = (mean(|point| point.x)?, mean(|point| point.seconds)?);
    let sum = |value: &dyn Fn(&Point) -> f64| points.iter().map(value).sum::<f64>();
    let slope = sum(&|point| (point.x - x) * (point.seconds - y)) / sum(&|point| (point.x - x).powi(2));
    let farthest = points.iter().map(|point| (point.seconds - y - slope * (point.x - x)).abs()).fold(0.0, f64::max);
    Some(100.0 * farthest / points.iter().map(|point| point.seconds).fold(f64::MIN_POSITIVE, f64::max))
}

/// Draws time and memory of each series: two rows of small plots.
fn draw(drawn: &[(Series, Vec<Point>)]) -> Result<(), Box<dyn std::error::Error>> {
    let path = folder().map_err(|error| error.to_string())?.join(PLOT);
    let root = SVGBackend::new(&path, (1_200, 560)).into_drawing_area();
    root.fill(&WHITE)?;
    let areas = root.split_evenly((2, drawn.len()));
    let (times, memories) = areas.split_at_checked(drawn.len()).ok_or("too few areas")?;
    for ((series, points), (time, memory)) in drawn.iter().zip(times.iter().zip(memories)) {
        let of = |value: fn(&Point) -> f64| points.iter().map(|point| (point.x, value(point))).collect::<Vec<_>>();
        curve(time, series, "s of CPU", &of(|point| point.seconds))?;
        curve(memory, series, "MB over the file", &of(|point| point.megabytes))?;
    }
    Ok(root.present()?)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn curve(
    area: &Area<'_>,
    series: &Series,
    unit: &str,
    points: &[(f64, f64)],
) -> Result<(), Box<dyn std::error::Error>> {
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let x: Range<f64> = 0.0..most(&mut points.iter().map(|(x, _)| *x));
    let y: Range<f64> = 0.0..most(&mut points.iter().map(|(_, y)| *y)) * 1.1 + 0.01;
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{unit} by {}", series.what), ("sans-serif", 14))
        .margin(10)
        .margin_right(24)
        .x_label_area_size(34)
        .y_label_area_size(44)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .x_desc(series.unit)
        .x_labels(6)
        .y_labels(6)
        .x_max_light_lines(0)
        .y_max_light_lines(0)
        .draw()?;
    chart.draw_series(LineSeries::new(points.iter().copied(), &BLUE))?;
    chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, BLUE.filled())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_each_point_counts() {
        let point = |x, seconds| Point { x, seconds, megabytes: 1.0 };
        let rounds =
            [(1.0, 5.0), (2.0, 7.0), (1.0, 4.0), (2.0, 90.0), (1.0, 6.0), (2.0, 8.0)].map(|(x, y)| point(x, y));
        let middle: Vec<_> = middle(&rounds, 2).iter().map(|point| (point.x, point.seconds)).collect();
        assert_eq!(middle, [(1.0, 5.0), (2.0, 8.0)]);
    }

    #[test]
    fn a_straight_line_has_no_bend_and_a_square_has_one() {
        let bend = |grow: fn(f64) -> f64| {
            let points: Vec<_> = (0..5).map(f64::from).map(|x| Point { x, seconds: grow(x), megabytes: 0.0 }).collect();
            bend(&points).unwrap()
        };
        assert!(bend(|x| 3.0 + 2.0 * x) < 1e-6 && bend(|x| 3.0 - 0.5 * x) < 1e-6);
        assert!((bend(|x| x * x) - 12.5).abs() < 1e-6, "{}", bend(|x| x * x));
    }
}
