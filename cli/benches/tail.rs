//! Measures `tail` under load: a fake of CloudWatch Logs has so many new lines a second, some of them late, and refuses some
//! calls; every line has to be printed once. It prints the memory and the processor time of the tool. Linux only.
//!
//! ```console
//! $ cargo bench -p zappa-rs-cli --bench tail -- --seconds 600 --rate 5000
//! ```
//!
//! A fake, and not an emulator: no emulator at hand keeps three million events in memory and serves them at this rate.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends with its first error, and prints its result"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

/// The events of a full page, and the bytes of its body.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const PAGE: usize = 10_000;
const PAGE_BYTES: usize = 1 << 20;
/// The time after the last line in which late lines may still be printed.
const PATIENCE: Duration = Duration::from_secs(180);
/// The interval at which the memory is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The ticks of a second in `/proc`.
const TICKS: f64 = 100.0;

/// The log group of the fake: line `n` has a timestamp by the rate, and becomes visible later.
struct Load {
    begun: i64,
    rate: i64,
    lines: i64,
    calls: AtomicU64,
    events: AtomicU64,
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl Load {
    fn timestamp(&self, line: i64) -> i64 {
        self.begun + line * 1_000 / self.rate
    }

    /// Most lines are up to two seconds late, every thousandth up to a minute.
    fn delay(line: i64) -> i64 {
        let random = line.wrapping_mul(0x5851_F42D_4C95_7F2D).rotate_right(17).rem_euclid(60_000);
        if line % 1_000 == 7 { random } else { 200 + random % 1_800 }
    }

    /// A page of the lines that are visible from a line on, and the line of the next page.
    fn page(&self, from: i64) -> (String, Option<i64>) {
        let (now, mut body, mut count, mut line) = (now(), String::from(r#"{"events":["#), 0, from);
        let is_full = |count: usize, body: &String| count == PAGE || body.len() >= PAGE_BYTES;
        while line < self.lines && self.timestamp(line) <= now && !is_full(count, &body) {
            let timestamp = self.timestamp(line);
            if timestamp + Self::delay(line) <= now {
                let comma = if count == 0 { "" } else { "," };
                let _ = write!(
                    body,
                    r#"{comma}{{"logStreamName":"2026/11/29/[7]{:032}","timestamp":{timestamp},"message":"line {line} {:.<84}","ingestionTime":{now},"eventId":"{line:056}"}}"#,
                    line % 20,
                    "of the load",
                );
                count += 1;
            }
            line += 1;
        }
        self.events.fetch_add(count as u64, Ordering::Relaxed);
        let next = is_full(count, &body).then_some(line);
        body += r#"],"searchedLogStreams":[]"#;
        if let Some(next) = next {
            let _ = write!(body, r#","nextToken":"{next}""#);
        }
        body.push('}');
        (body, next)
    }

    /// The response to a call: status, body.
    fn respond(&self, target: &str, body: &[u8]) -> (u16, String) {
        if target != "Logs_20140328.FilterLogEvents" {
            return (200, stack(&String::from_utf8_lossy(body)));
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        // Single refusals, and some that last longer than the SDK tries.
        if call % 40 == 39 || call % 400 >= 392 {
            return (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_owned());
        }
        let request: Value = serde_json::from_slice(body).unwrap();
        let from = match request["nextToken"].as_str() {
            Some(token) => token.parse().unwrap(),
            None => ((request["startTime"].as_i64().unwrap() - self.begun).max(0) * self.rate).div_euclid(1_000),
        };
        (200, self.page(from).0)
    }
}

/// What CloudFormation says of the stack.
fn stack(form: &str) -> String {
    let (action, result) = if form.contains("Action=DescribeStacks") {
        let tag = |key: &str, value: &str| format!("<member><Key>zappa-rs:{key}</Key><Value>{value}</Value></member>");
        let tags = tag("project", "shop") + &tag("stage", "dev");
        let stack = format!(
            "<Stacks><member><StackName>shop-dev</StackName><StackId>arn:aws:cloudformation:eu-west-1:1:stack/shop-dev/1</StackId>\
             <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-29T16:00:00Z</CreationTime><Tags>{tags}</Tags>\
             </member></Stacks>"
        );
        ("DescribeStacks", stack)
    } else if form.contains("Action=GetTemplate") {
        ("GetTemplate", "<TemplateBody>{\"Resources\":{}}</TemplateBody>".to_owned())
    } else {
        let function = "<member><LogicalResourceId>Function</LogicalResourceId><PhysicalResourceId>shop-dev</PhysicalResourceId>\
                        <ResourceType>AWS::Lambda::Function</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>";
        ("ListStackResources", format!("<StackResourceSummaries>{function}</StackResourceSummaries>"))
    };
    format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
}

/// Serves one connection to its end.
fn serve(stream: &TcpStream, load: &Load) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let (mut length, mut target) = (0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            match &*name.to_ascii_lowercase() {
                "content-length" => length = value.trim().parse().unwrap(),
                "x-amz-target" => value.trim().clone_into(&mut target),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (status, body) = load.respond(&target, &body);
        let head = format!(
            "HTTP/1.1 {status} -\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        writer.write_all(head.as_bytes())?;
        writer.write_all(body.as_bytes())?;
    }
}

/// How often each line was printed.
fn count(stdout: impl io::Read + Send + 'static, lines: i64) -> Arc<Mutex<(Vec<u8>, usize)>> {
    let counts = Arc::new(Mutex::new((vec![0_u8; usize::try_from(lines).unwrap()], 0)));
    let shared = Arc::clone(&counts);
    thread::spawn(move || {
        for line in BufReader::with_capacity(1 << 20, stdout).lines() {
            let line = line.unwrap();
            let number = line.split_once("line ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<usize>().ok());
            let mut counts = shared.lock().unwrap();
            let count = &mut counts.0[number.unwrap()];
            *count = count.saturating_add(1);
            counts.1 += 1;
        }
    });
    counts
}

/// What a process takes: the most memory so far, in MB, and the processor time.
#[derive(Default)]
struct Usage {
    peak: f64,
    /// Memory of its own, at the moments that were looked at.
    anonymous: f64,
    /// Pages of files, which are the program and its libraries: they are shared, and the system can drop them.
    file: f64,
    processor: Duration,
}

impl Usage {
    /// Looks again.
    fn update(&mut self, process: u32) {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let megabytes = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            value.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
        };
        self.peak = megabytes("VmHWM:");
        self.anonymous = self.anonymous.max(megabytes("RssAnon:"));
        self.file = self.file.max(megabytes("RssFile:"));
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
        self.processor = Duration::from_secs_f64(ticks / TICKS);
    }
}

fn start(endpoint: SocketAddr, folder: &std::path::Path) -> Child {
    let settings = "[project]\nname = \"shop\"\n\n[stage.dev]\naws_region = \"eu-west-1\"\n";
    fs::write(folder.join("zappa_settings.toml"), settings).unwrap();
    let tool = std::env::var_os("ZAPPA_RS_TOOL").unwrap_or_else(|| env!("CARGO_BIN_EXE_zappa-rs").into());
    let mut command = Command::new(tool);
    command
        .args(["tail", "--follow", "--since", "1s"])
        .current_dir(folder)
        .env("AWS_ENDPOINT_URL", format!("http://{endpoint}"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// The number after a flag.
fn flag(name: &str, default: i64) -> i64 {
    let value = std::env::args().skip_while(|word| word != name).nth(1);
    value.map_or(default, |value| value.parse().unwrap())
}

fn main() {
    let (seconds, rate) = (flag("--seconds", 600), flag("--rate", 5_000));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap();
    let load = Arc::new(Load {
        begun: now() + 2_000,
        rate,
        lines: seconds * rate,
        calls: AtomicU64::new(0),
        events: AtomicU64::new(0),
    });
    let served = Arc::clone(&load);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let load = Arc::clone(&served);
            // The tool closes its connections when it ends.
            thread::spawn(move || serve(&stream, &load));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut tool = start(endpoint, folder.path());
    let counts = count(tool.stdout.take().unwrap(), load.lines);

    let begun = Instant::now();
    let load_ends = begun + Duration::from_secs(u64::try_from(seconds + 2).unwrap());
    let mut usage = Usage::default();
    while Instant::now() < load_ends {
        thread::sleep(LOOK.min(load_ends.saturating_duration_since(Instant::now())));
        usage.update(tool.id());
    }
    // The load alone; what follows only waits for late lines.
    let elapsed = begun.elapsed();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && counts.lock().unwrap().1 < usize::try_from(load.lines).unwrap() {
        thread::sleep(Duration::from_secs(1));
    }
    let waited = begun.elapsed() - elapsed;
    Command::new("kill").args(["-INT", &tool.id().to_string()]).status().unwrap();
    let code = tool.wait().unwrap().code();
    let counts = counts.lock().unwrap();
    let lost = counts.0.iter().filter(|count| **count == 0).count();
    let doubled = counts.0.iter().filter(|count| **count > 1).count();
    println!(
        "{}",
        json!({
            "lines": load.lines,
            "seconds": seconds,
            "lost": lost,
            "doubled": doubled,
            "peak_mb": usage.peak,
            "anonymous_mb": usage.anonymous,
            "file_mb": usage.file,
            "core_percent": usage.processor.as_secs_f64() / elapsed.as_secs_f64() * 100.0,
            "calls": load.calls.load(Ordering::Relaxed),
            "read": load.events.load(Ordering::Relaxed),
            "seconds_until_the_last_late_line": waited.as_secs(),
            "exit_code": code,
        })
    );
    assert_eq!((lost, doubled, code), (0, 0, Some(130)));
}
