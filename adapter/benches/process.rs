//! Benchmark of whole processes over a Runtime API socket: CPU time, instructions, start-up time, binary size.
//!
//! `cargo build --release -p zappa-rs-adapter --examples`, `cargo build --release -p zappa-rs --example hello` and
//! `cargo build --release -p zappa-rs-examples --example bench-ours` first; then `cargo bench -p zappa-rs-adapter
//! --bench process [-- cpu echo instructions start size]`. With `profile`, callgrind's files are left in the current
//! folder; use the cargo profile `profiling` for it, which keeps the names of functions.

#[path = "sample/echo.rs"]
mod echo;
mod report;
mod runtime_api;

use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::body::Bytes;
use report::Table;
use runtime_api::{Failure, Load, command, run};

/// The measured programs, in ascending order of features; the goals compare `bench-ours` with `bench-peer`.
const PROGRAMS: [(&str, &str); 4] = [
    ("floor, no parsing", "bench-floor"),
    ("lambda_runtime", "bench-runtime"),
    ("lambda_http + axum", "bench-peer"),
    ("zappa-rs + axum", "bench-ours"),
];
const HTTP_API_GET: &[u8] = include_bytes!("sample/http-api-get.json");

/// A kind of event, with the parameters of its measurement and the goals.
struct Kind {
    name: &'static str,
    event: Bytes,
    /// The number of timed invocations.
    invocations: u64,
    /// The number of invocations under callgrind, which is some fifty times as slow.
    counted: u64,
    instructions: &'static str,
    cpu: &'static str,
}

/// Small requests, dominated by the cost of the call.
fn small() -> [Kind; 4] {
    let kind = |name, event, instructions| Kind {
        name,
        event,
        invocations: 2000,
        counted: 1000,
        instructions,
        cpu: "≤ 0.25 above",
    };
    [
        kind("HTTP API GET", Bytes::from_static(HTTP_API_GET), "≤ 125000"),
        kind("REST GET", Bytes::from_static(include_bytes!("sample/rest-get.json")), "≤ 140000"),
        kind("HTTP API POST 1 KB", Bytes::from_static(include_bytes!("sample/http-api-post.json")), "≤ 200000"),
        kind("1 KB JSON echoed", echo::orders(1024), "≤ 160000"),
    ]
}

/// Requests with an echoed body, dominated by the cost of the body.
fn echoed() -> [Kind; 2] {
    let kind =
        |name, event, invocations, counted, cpu| Kind { name, event, invocations, counted, instructions: "-", cpu };
    [
        kind("100 KB JSON echoed", echo::orders(100_000), 400, 40, "≤ 0.30"),
        kind("4 MB lines echoed", echo::lines(4_000_000), 20, 4, "≤ 0.35"),
    ]
}

const ROUNDS: usize = 9;
const STARTS: usize = 41;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let (flags, selected): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument.starts_with("--"));
    if !flags.iter().any(|flag| flag == "--bench") {
        // `cargo test --all-targets` runs this too, only to check that it compiles.
        return Ok(());
    }
    let programs = Programs::beside_this_one()?;
    let is_selected = |section: &str| selected.is_empty() || selected.iter().any(|name| name == section);
    if is_selected("cpu") {
        cpu(&programs, &small()).await?;
    }
    if is_selected("echo") {
        cpu(&programs, &echoed()).await?;
    }
    if is_selected("instructions") {
        instructions(&programs).await?;
    }
    if selected.iter().any(|name| name == "profile") {
        profile(&programs).await?;
    }
    if is_selected("start") {
        start(&programs).await?;
    }
    if is_selected("size") {
        size(&programs)?;
    }
    Ok(())
}

/// The folder of the examples of the same cargo profile.
struct Programs(PathBuf);

impl Programs {
    fn beside_this_one() -> Result<Self, Failure> {
        let folder = env::current_exe()?.ancestors().nth(2).ok_or("cargo's layout changed")?.join("examples");
        Ok(Self(folder))
    }

    fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.0.join(name).with_extension(env::consts::EXE_EXTENSION);
        let hint = "`adapter/benches/run.sh` builds it";
        if path.exists() { Ok(path) } else { Err(format!("{} is missing: {hint}", path.display()).into()) }
    }
}

async fn cpu(programs: &Programs, kinds: &[Kind]) -> Result<(), Failure> {
    let mut times = vec![vec![Vec::new(); kinds.len()]; PROGRAMS.len()];
    // All programs run in each round, so that a disturbance of the machine affects all of them.
    for _ in 0..ROUNDS {
        for (kind, index) in kinds.iter().zip(0..) {
            for (program, times) in PROGRAMS.iter().zip(&mut times) {
                let Kind { event, invocations, .. } = kind;
                let load = Load { event, warm_up: invocations / 6, invocations: *invocations };
                times[index].push(run(command(&[], &programs.path(program.1)?), load).await?.cpu);
            }
        }
    }
    let mut table = comparison("CPU, µs");
    for (index, kind) in kinds.iter().enumerate() {
        let medians = times.iter().map(|times| median(times[index].clone()).as_secs_f64() * 1e6);
        table.row(&comparison_row(kind.name, &medians.collect::<Vec<_>>(), 1, kind.cpu.to_owned()));
    }
    table.print("CPU per invocation, whole process over a Runtime API socket");
    Ok(())
}

async fn instructions(programs: &Programs) -> Result<(), Failure> {
    let mut table = comparison("instructions");
    for kind in small().iter().chain(&echoed()) {
        let mut counts = Vec::new();
        for (_, program) in PROGRAMS {
            let count = instructions_of(&programs.path(program)?, kind).await?;
            counts.push(count as f64);
        }
        table.row(&comparison_row(kind.name, &counts, 0, kind.instructions.to_owned()));
    }
    table.print("User-space instructions per invocation, whole process (callgrind)");
    Ok(())
}

/// Creates a table with a column for every program, and the two ratios.
fn comparison(what: &str) -> Table {
    let programs = PROGRAMS.iter().map(|(name, _)| *name);
    let columns = std::iter::once(what).chain(programs).chain(["ours / peer", "the same above lambda_runtime", "goal"]);
    Table::new(&columns.collect::<Vec<_>>())
}

/// Formats a row of the table: the figures in the order of the programs.
fn comparison_row(what: &str, figures: &[f64], decimals: usize, goal: String) -> Vec<String> {
    let [_, runtime, peer, ours] = figures else { unreachable!("a figure for every program") };
    let cells = figures.iter().map(|figure| format!("{figure:.decimals$}"));
    let ratios = [ours / peer, (ours - runtime) / (peer - runtime)].map(|ratio| format!("{ratio:.2}"));
    std::iter::once(what.to_owned()).chain(cells).chain(ratios).chain([goal]).collect()
}

/// Writes a file for `callgrind_annotate` for both sides and every kind of event.
async fn profile(programs: &Programs) -> Result<(), Failure> {
    for program in ["bench-peer", "bench-ours"] {
        for Kind { name, event, counted, .. } in small().iter().chain(&echoed()) {
            let file = format!("--callgrind-out-file=callgrind.out.{program}.{}", name.replace(' ', "-"));
            let load = Load { event, warm_up: 0, invocations: 2 * counted };
            run(command(&["valgrind", "--tool=callgrind", &file], &programs.path(program)?), load).await?;
        }
    }
    Ok(())
}

/// Counts the instructions of one invocation, as a long run minus a short one, which excludes start and end.
async fn instructions_of(program: &Path, kind: &Kind) -> Result<u64, Failure> {
    let short = kind.counted / 5 + 1;
    let mut totals = [0; 2];
    for (invocations, total) in [short, short + kind.counted].into_iter().zip(&mut totals) {
        let valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let load = Load { event: &kind.event, warm_up: 0, invocations };
        let output = run(command(&valgrind, program), load).await?.stderr;
        let collected = output.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
        *total = collected.ok_or_else(|| format!("callgrind printed no count: {output}"))?.parse::<u64>()?;
    }
    Ok(totals[1].saturating_sub(totals[0]) / kind.counted)
}

async fn start(programs: &Programs) -> Result<(), Failure> {
    let mut table = Table::new(&["start → first poll", "median", "least"]);
    let mut times = vec![Vec::new(); PROGRAMS.len()];
    for _ in 0..STARTS {
        for (program, times) in PROGRAMS.iter().zip(&mut times) {
            let load = Load { event: &Bytes::from_static(HTTP_API_GET), warm_up: 0, invocations: 0 };
            times.push(run(command(&[], &programs.path(program.1)?), load).await?.first_poll);
        }
    }
    for ((name, _), times) in PROGRAMS.iter().zip(times) {
        let least = times.iter().min().copied().unwrap_or(Duration::ZERO);
        table.row(&[(*name).to_owned(), microseconds(median(times)), microseconds(least)]);
    }
    table.print("Start to first poll");
    Ok(())
}

fn size(programs: &Programs) -> Result<(), Failure> {
    let mut table = Table::new(&["stripped `hello`", "bytes"]);
    for (name, program) in [("lambda_http", "bench-peer-hello"), ("zappa-rs", "hello")] {
        table.row(&[name.to_owned(), programs.path(program)?.metadata()?.len().to_string()]);
    }
    table.print("Size of the binary");
    Ok(())
}

/// Formats a time in microseconds with one decimal.
fn microseconds(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// The median of several times.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
