//! Trouble at random: processes are killed, deliveries are doubled, handlers fail, calls of AWS are throttled, fail, hang or
//! lose their answers, and code is deployed meanwhile. Nothing may be lost.
//!
//! `ZAPPA_RS_CHAOS_SECONDS` sets the time for a measurement. `ZAPPA_RS_CHAOS_SEED` repeats the decisions of a run, which prints
//! its seed; it cannot repeat how long the machine takes for what.

mod deployed;
mod journal;
mod polled;
mod producer;
mod trouble;
mod verdict;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, LazyLock, OnceLock},
    time::{Duration, Instant},
};

use crate::support::examples;

/// The settings of both tests.
const SETTINGS: &str = r#"
timeout_seconds = 6
idempotency = true
async_failure_destination = "Failed"
[[stage.dev.functions]]
name = "audit"
[stage.dev.resources.Dead]
Type = "AWS::SQS::Queue"
Properties = { QueueName = "dead" }
[stage.dev.resources.Failed]
Type = "AWS::SQS::Queue"
Properties = { QueueName = "failed" }
[stage.dev.resources.Jobs]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Jobs.Properties]
QueueName = "jobs"
VisibilityTimeout = 6
RedrivePolicy = { deadLetterTargetArn = { "Fn::GetAtt" = ["Dead", "Arn"] }, maxReceiveCount = 100 }
[stage.dev.resources.Payments]
Type = "AWS::SQS::Queue"
[stage.dev.resources.Payments.Properties]
QueueName = "payments"
VisibilityTimeout = 6
RedrivePolicy = { deadLetterTargetArn = { "Fn::GetAtt" = ["Dead", "Arn"] }, maxReceiveCount = 100 }
[stage.dev.resources.Steps]
Type = "AWS::SQS::Queue"
Properties = { QueueName = "steps.fifo", FifoQueue = true, VisibilityTimeout = 6 }
[stage.dev.resources.Audits]
Type = "AWS::SQS::Queue"
Properties = { QueueName = "audits", VisibilityTimeout = 6 }
[stage.dev.resources.Clicks]
Type = "AWS::Kinesis::Stream"
Properties = { Name = "clicks", ShardCount = 1 }
[stage.dev.resources.Orders]
Type = "AWS::DynamoDB::Table"
[stage.dev.resources.Orders.Properties]
TableName = "orders"
BillingMode = "PAY_PER_REQUEST"
AttributeDefinitions = [{ AttributeName = "id", AttributeType = "S" }]
KeySchema = [{ AttributeName = "id", KeyType = "HASH" }]
StreamSpecification = { StreamViewType = "NEW_AND_OLD_IMAGES" }
[stage.dev.resources.News]
Type = "AWS::SNS::Topic"
Properties = { TopicName = "news" }
[[stage.dev.events]]
name = "jobs"
sqs = "Jobs"
[[stage.dev.events]]
name = "payments"
sqs = "Payments"
[[stage.dev.events]]
name = "steps"
sqs = "Steps"
[[stage.dev.events]]
name = "audits"
sqs = "Audits"
function = "audit"
[[stage.dev.events]]
name = "clicks"
kinesis = "Clicks"
batch_size = 10
[[stage.dev.events]]
name = "orders"
dynamodb = "Orders"
batch_size = 10
[[stage.dev.events]]
name = "news"
sns = "News"
[[stage.dev.events]]
name = "placed"
pattern = { source = ["com.example.shop"] }
[[stage.dev.schedules]]
name = "tick"
expression = "rate(1 minute)"
payload = { group = "all", number = 0, fails = false, milliseconds = 0 }
"#;

/// What a run goes by.
struct Run {
    seed: u64,
    /// When the trouble began.
    begun: OnceLock<Instant>,
    duration: Duration,
    /// Where the app records what it does.
    folder: PathBuf,
}

impl Run {
    fn new(folder: &Path) -> Arc<Self> {
        let number = |variable: &str| {
            let value = std::env::var(variable).ok()?;
            Some(value.parse::<u64>().unwrap_or_else(|_| panic!("{variable}={value}")))
        };
        let seed = number("ZAPPA_RS_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
        let duration = Duration::from_secs(number("ZAPPA_RS_CHAOS_SECONDS").unwrap_or(15));
        Arc::new(Self { seed, begun: OnceLock::new(), duration, folder: folder.to_owned() })
    }

    /// What repeats it.
    fn variables(&self) -> String {
        format!("ZAPPA_RS_CHAOS_SECONDS={} ZAPPA_RS_CHAOS_SEED={}", self.duration.as_secs(), self.seed)
    }

    fn begin(&self) {
        self.begun.set(Instant::now()).unwrap();
    }

    /// How long there has been trouble; none before the beginning and after the end.
    fn elapsed(&self) -> Option<Duration> {
        let elapsed = self.begun.get()?.elapsed();
        (elapsed < self.duration).then_some(elapsed)
    }

    fn is_over(&self) -> bool {
        self.elapsed().is_none()
    }

    /// Random numbers of their own for a part of the run, so that no part changes the decisions of another.
    fn random(&self, part: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_mul(31).wrapping_add(part))
    }
}

/// The application. It is not optimised: the AWS SDK would take minutes, and these tests are about what it does.
fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        let built = examples::unoptimized("storm", &["--features", "zappa-rs-examples/idempotency"]);
        // Half of it is symbols, which every deploy and every process would copy.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (fresh, stripped) = (folder.join(format!("storm-{}", std::process::id())), folder.join("storm"));
        match Command::new("strip").arg("-o").arg(&fresh).arg(&built).output() {
            Ok(output) if output.status.success() => {
                fs::rename(fresh, &stripped).unwrap();
                stripped
            }
            _ => built,
        }
    });
    &BINARY
}
