//! A test application that records everything it does in a file, so that a test can tell what was lost, done twice or out of
//! order, also when its processes are killed.
//!
//! `STORM_FOLDER` names the folder: `journal` has a line for each step, `failed` a file for each task that has failed once,
//! and `processes` a locked file for each process that has begun a task. A lock ends with its process.
#![allow(
    clippy::incompatible_msrv,
    reason = "the tests run on the toolchain of the workspace, whatever a package promises"
)]

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
    time::Duration,
};

use axum::{Router, routing::get};
use zappa_rs::{App, BoxError, Change, Idempotency, Invocation, Record};

/// A numbered task, of whatever source.
#[derive(Clone, serde::Deserialize)]
struct Task {
    group: String,
    number: u32,
    /// Whether it fails when it is handled for the first time.
    fails: bool,
    milliseconds: u64,
}

struct Files {
    folder: PathBuf,
    journal: File,
    /// It is locked as long as the process lives.
    _process: File,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("STORM_FOLDER").expect("a folder"));
    for name in ["failed", "processes"] {
        fs::create_dir_all(folder.join(name)).expect("the folder can be written");
    }
    let journal = OpenOptions::new().append(true).create(true).open(folder.join("journal")).expect("a journal");
    // It has its name only when it is locked: a test takes one that is not for that of a process that has ended.
    let (fresh, name) =
        (folder.join(process::id().to_string()), folder.join("processes").join(process::id().to_string()));
    let process = File::create(&fresh).expect("the folder can be written");
    process.lock().expect("files can be locked");
    fs::rename(fresh, name).expect("the folder can be written");
    Files { folder, journal, _process: process }
});

/// Appends a line in one call of the system: it is there as a whole, whatever happens to the process.
fn record(source: &str, task: &Task, step: &str) {
    let line = format!("{source} {} {} {step} {}\n", task.group, task.number, process::id());
    (&FILES.journal).write_all(line.as_bytes()).expect("the journal can be written");
}

/// Does a task: both steps are in the journal, and between them is the time for trouble.
async fn perform(source: &str, task: Task) -> Result<(), BoxError> {
    record(source, &task, "begun");
    let mark = FILES.folder.join("failed").join(format!("{source}-{}", task.number));
    if task.fails && File::create_new(mark).is_ok() {
        return Err(format!("{source} {} fails for the first time", task.number).into());
    }
    tokio::time::sleep(Duration::from_millis(task.milliseconds)).await;
    record(source, &task, "done");
    Ok(())
}

async fn job(task: Task, _: Record) -> Result<(), BoxError> {
    perform("jobs", task).await
}

async fn step(task: Task, _: Record) -> Result<(), BoxError> {
    perform("steps", task).await
}

async fn audit(task: Task, _: Record) -> Result<(), BoxError> {
    perform("audits", task).await
}

async fn click(task: Task, _: Record) -> Result<(), BoxError> {
    perform("clicks", task).await
}

async fn order(change: Change<Task>, _: Record) -> Result<(), BoxError> {
    perform("orders", change.new.ok_or("the stream has new images")?).await
}

async fn news(task: Task, _: Record) -> Result<(), BoxError> {
    perform("news", task).await
}

async fn placed(task: Task, _: Record) -> Result<(), BoxError> {
    perform("placed", task).await
}

async fn tick(task: Task, _: Invocation) -> Result<(), BoxError> {
    perform("ticks", task).await
}

async fn pay(task: Task, _: Record) -> Result<(), BoxError> {
    perform("payments", task).await
}

/// The identity of the release.
async fn variant() -> String {
    let folder = std::env::var_os("LAMBDA_TASK_ROOT").unwrap_or_default();
    fs::read_to_string(Path::new(&folder).join("variant")).unwrap_or_default().trim().to_owned()
}

#[tokio::main]
async fn main() -> Result<(), zappa_rs::Error> {
    let once = match std::env::var("STORM_TABLE") {
        Ok(table) => Idempotency::dynamodb(table),
        Err(_) => Idempotency::from_env(),
    };
    let once = once.handler("pay", |task: &Task, _: &Record| task.number.to_string(), pay);
    // The result is stored when the idempotent handler returns: from here on nobody may pay again.
    let settle = move |task: Task, invocation: Record| {
        let (paid, task) = (once(task.clone(), invocation), task);
        async move {
            paid.await?;
            record("payments", &task, "settled");
            Ok::<_, BoxError>(())
        }
    };
    App::new(Router::new().route("/", get(variant)))
        .on_sqs("jobs", job)
        .on_sqs("payments", settle)
        .on_sqs("steps", step)
        .on_sqs("audits", audit)
        .on_kinesis("clicks", click)
        .on_dynamodb("orders", order)
        .on_sns("news", news)
        .on_event_bridge("placed", placed)
        .schedule("tick", tick)
        .run()
        .await
}
