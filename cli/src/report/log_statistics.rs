//! Statistics of invocations, as a table or as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Gone, Origin, Report, table};
use crate::logs::Statistics;

/// The header of the table.
const HEADER: [&str; 12] = [
    "region",
    "function",
    "invocations",
    "errors",
    "cold starts",
    "p50",
    "p90",
    "p99",
    "max",
    "init p50",
    "memory",
    "per minute",
];

#[derive(Serialize)]
struct Object<'a> {
    region: &'a str,
    function: &'a str,
    lines: u64,
    invocations: u64,
    errors: u64,
    error_rate: Option<f64>,
    cold_starts: u64,
    duration_ms: Durations,
    init_ms: Durations,
    memory_used_mb: f64,
    memory_size_mb: f64,
}

#[derive(Serialize)]
struct Durations {
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

impl Report {
    /// Whether a table on stdout can be drawn over.
    pub(crate) fn can_redraw(&self) -> bool {
        self.can_redraw
    }

    /// Writes the table to stdout, over the last one if it had `drawn` lines. Returns the number of its lines.
    pub(crate) fn statistics(&self, rows: &[(Origin<'_>, &Statistics)], drawn: Option<usize>) -> Result<usize, Gone> {
        let rows: Vec<Vec<String>> = rows.iter().map(|(origin, statistics)| row(origin, statistics)).collect();
        let lines = table::lines(&HEADER, &rows);
        let mut text = String::new();
        if let Some(drawn) = drawn.filter(|drawn| *drawn > 0) {
            // Up to the table's first line, and clear from there.
            let _ = write!(text, "\u{1b}[{drawn}A\u{1b}[0J");
        }
        // A line that the terminal breaks in two would be drawn over by half.
        let width = drawn.map_or(usize::MAX, |_| usize::from(console::Term::stdout().size().1));
        for line in &lines {
            text.extend(line.chars().take(width.saturating_sub(1)));
            text.push('\n');
        }
        self.write_lines(&text)?;
        Ok(lines.len())
    }

    /// Writes the statistics to stdout as JSON, one object a line.
    pub(crate) fn statistics_json(&self, rows: &[(Origin<'_>, &Statistics)]) -> Result<(), Gone> {
        let mut text = String::new();
        for (origin, statistics) in rows {
            // Strings and numbers always have a JSON form.
            if let Ok(object) = serde_json::to_string(&object(origin, statistics)) {
                text.push_str(&object);
                text.push('\n');
            }
        }
        self.write_lines(&text)
    }
}

fn row(origin: &Origin<'_>, statistics: &Statistics) -> Vec<String> {
    let time = |time: Option<f64>| time.map(milliseconds).unwrap_or_default();
    let errors = match statistics.error_rate() {
        Some(rate) if statistics.errors > 0 => format!("{} ({:.1} %)", statistics.errors, rate * 100.0),
        _ => statistics.errors.to_string(),
    };
    let memory = if statistics.memory_size > 0.0 {
        format!("{}/{} MB", statistics.memory_used, statistics.memory_size)
    } else {
        String::new()
    };
    vec![
        origin.region.to_owned(),
        origin.function.to_owned(),
        statistics.invocations.to_string(),
        errors,
        statistics.inits.count().to_string(),
        time(statistics.durations.percentile(0.5)),
        time(statistics.durations.percentile(0.9)),
        time(statistics.durations.percentile(0.99)),
        time(statistics.durations.most()),
        time(statistics.inits.percentile(0.5)),
        memory,
        statistics.plot(),
    ]
}

fn object<'a>(origin: &Origin<'a>, statistics: &Statistics) -> Object<'a> {
    let durations = |histogram: &crate::logs::Histogram| Durations {
        p50: histogram.percentile(0.5),
        p90: histogram.percentile(0.9),
        p99: histogram.percentile(0.99),
        max: histogram.most(),
    };
    Object {
        region: origin.region,
        function: origin.function,
        lines: statistics.lines,
        invocations: statistics.invocations,
        errors: statistics.errors,
        error_rate: statistics.error_rate(),
        cold_starts: statistics.inits.count(),
        duration_ms: durations(&statistics.durations),
        init_ms: durations(&statistics.inits),
        memory_used_mb: statistics.memory_used,
        memory_size_mb: statistics.memory_size,
    }
}

/// A duration with two or three digits that matter.
fn milliseconds(time: f64) -> String {
    match time {
        time if time < 10.0 => format!("{time:.1} ms"),
        time if time < 1_000.0 => format!("{time:.0} ms"),
        time => format!("{:.2} s", time / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{LogEvent, Streams};

    #[test]
    fn a_row_says_counts_rates_and_percentiles() {
        let (mut streams, mut statistics) = (Streams::new(false), Statistics::default());
        for (id, fields) in [
            ("one", "Duration: 1200.00 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB\tInit Duration: 20.00 ms"),
            ("two", "Duration: 2.00 ms\tStatus: timeout"),
        ] {
            let message = format!("REPORT RequestId: {id}\t{fields}");
            let event = LogEvent { timestamp: 0, stream: "s".to_owned(), id: String::new(), message };
            statistics.add(&streams.entry(0, event));
        }
        let origin = Origin { region: "eu-west-1", function: "shop-dev", names_region: false, names_function: false };
        let expected = [
            "eu-west-1",
            "shop-dev",
            "2",
            "1 (50.0 %)",
            "1",
            "2.0 ms",
            "1.20 s",
            "1.20 s",
            "1.20 s",
            "20 ms",
            "40/256 MB",
            "█",
        ];
        assert_eq!(row(&origin, &statistics), expected);
        let object = serde_json::to_value(object(&origin, &statistics)).unwrap();
        assert_eq!(
            (&object["errors"], &object["error_rate"], &object["cold_starts"]),
            (&1.into(), &0.5.into(), &1.into())
        );
        assert_eq!(row(&origin, &Statistics::default())[2..6], ["0", "0", "0", ""]);
    }
}
