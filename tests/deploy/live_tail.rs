//! A server of a deployed stage's live logs: the stack of CloudFormation, and sessions of Live Tail, which no emulator has.
//!
//! It speaks the event streams of AWS, with the frames of the SDK's own crate.

use std::{
    io::{self, BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::{Value, json};

/// The interval of empty updates while a session is held.
const INTERVAL: Duration = Duration::from_millis(50);

/// A request for a session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The number of requests for sessions in its region before it.
    pub(crate) number: usize,
    pub(crate) region: String,
    /// The ARNs of its log groups.
    pub(crate) groups: Vec<String>,
    pub(crate) pattern: Option<String>,
}

/// The answer to a request for a session.
pub(crate) enum Answer {
    Refuse(&'static str),
    Stream(Vec<Step>),
}

/// What a session sends.
pub(crate) enum Step {
    /// Lines of these groups, whether it is a sample.
    Lines(bool, Vec<(String, &'static str)>),
    Exception(&'static str),
    /// Empty updates until the caller closes the connection.
    Hold,
}

type Script = Box<dyn Fn(&Session) -> Answer + Send + Sync>;

/// A function of the stack, and its log group if the stack has it.
pub(crate) type Function = (&'static str, Option<&'static str>);

/// A running server.
pub(crate) struct LiveTail {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    functions: Vec<Function>,
    missing: Vec<&'static str>,
    script: Script,
    sessions: Mutex<Vec<Session>>,
    /// The number of held sessions that were closed by the caller.
    closed: Mutex<usize>,
}

impl LiveTail {
    /// Serves a stack of these functions in every region, with log groups that do not exist and sessions of a script.
    pub(crate) fn start(
        functions: &[Function],
        missing: &[&'static str],
        script: impl Fn(&Session) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            functions: functions.to_vec(),
            missing: missing.to_vec(),
            script: Box::new(script),
            sessions: Mutex::default(),
            closed: Mutex::default(),
        });
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                // The tool closes its connections when it ends.
                thread::spawn(move || while state.serve(&stream).unwrap_or(false) {});
            }
        });
        Self { address, state }
    }

    /// The requests for sessions so far.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.state.sessions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of held sessions that the caller has closed.
    pub(crate) fn closed(&self) -> usize {
        *self.state.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Serves one request; returns whether there may be another on the connection.
    fn serve(&self, stream: &TcpStream) -> io::Result<bool> {
        let mut reader = BufReader::with_capacity(1, stream);
        let (mut length, mut target, mut region) = (0, String::new(), String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(false);
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
                "authorization" => value.split('/').nth(2).unwrap_or_default().clone_into(&mut region),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        match target.strip_prefix("Logs_20140328.") {
            None => respond(stream, 200, "text/xml", &self.stack(&String::from_utf8_lossy(&body), &region)),
            Some("StartLiveTail") => self.session(stream, &serde_json::from_slice(&body)?, region),
            Some("FilterLogEvents") => {
                let request: Value = serde_json::from_slice(&body)?;
                let is_missing = self.missing.iter().any(|group| request["logGroupName"] == *group);
                if is_missing { refuse(stream, "ResourceNotFoundException") } else { respond(stream, 200, JSON, "{}") }
            }
            Some(_) => refuse(stream, "UnknownOperationException"),
        }
    }

    fn session(&self, stream: &TcpStream, request: &Value, region: String) -> io::Result<bool> {
        let groups = request["logGroupIdentifiers"].as_array().unwrap();
        let groups: Vec<String> = groups.iter().map(|group| group.as_str().unwrap().to_owned()).collect();
        let pattern = request["logEventFilterPattern"].as_str().map(str::to_owned);
        let session = {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            let number = sessions.iter().filter(|session| session.region == region).count();
            let session = Session { number, region, groups, pattern };
            sessions.push(session.clone());
            session
        };
        if session.groups.iter().any(|arn| self.missing.iter().any(|name| arn.ends_with(&format!(":{name}")))) {
            return refuse(stream, "ResourceNotFoundException");
        }
        let steps = match (self.script)(&session) {
            Answer::Refuse(code) => return refuse(stream, code),
            Answer::Stream(steps) => steps,
        };
        let mut writer = stream;
        writer.write_all(
            b"HTTP/1.1 200 -\r\ncontent-type: application/vnd.amazon.eventstream\r\nconnection: close\r\n\r\n",
        )?;
        send(stream, "event", "sessionStart", &json!({ "sessionId": "1", "logGroupIdentifiers": session.groups }))?;
        for step in steps {
            match step {
                Step::Lines(is_sampled, lines) => send(stream, "event", "sessionUpdate", &update(is_sampled, &lines))?,
                Step::Exception(code) => send(stream, "exception", code, &json!({ "message": "It is over." }))?,
                Step::Hold => {
                    while send(stream, "event", "sessionUpdate", &update(false, &[])).is_ok() {
                        thread::sleep(INTERVAL);
                    }
                    *self.closed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                }
            }
        }
        stream.shutdown(std::net::Shutdown::Both)?;
        Ok(false)
    }

    /// What CloudFormation says of the stack.
    fn stack(&self, form: &str, region: &str) -> String {
        let id = |number: usize| format!("Function{number}");
        let functions = || self.functions.iter().enumerate();
        let (action, result) = if form.contains("Action=DescribeStacks") {
            let tag =
                |key: &str, value: &str| format!("<member><Key>zappa-rs:{key}</Key><Value>{value}</Value></member>");
            let tags = tag("project", "shop") + &tag("stage", "dev");
            let stack = format!(
                "<Stacks><member><StackName>shop-dev</StackName>\
                 <StackId>arn:aws:cloudformation:{region}:123456789012:stack/shop-dev/1</StackId>\
                 <StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-29T16:00:00Z</CreationTime>\
                 <Tags>{tags}</Tags></member></Stacks>"
            );
            ("DescribeStacks", stack)
        } else if form.contains("Action=GetTemplate") {
            let configured = functions().filter_map(|(number, (_, group))| {
                let logging = json!({ "Properties": { "LoggingConfig": { "LogGroup": (*group)? } } });
                Some((id(number), logging))
            });
            let template = json!({ "Resources": configured.collect::<serde_json::Map<String, Value>>() });
            ("GetTemplate", format!("<TemplateBody>{template}</TemplateBody>"))
        } else {
            let resource = |id: &str, name: &str, kind: &str| {
                format!(
                    "<member><LogicalResourceId>{id}</LogicalResourceId><PhysicalResourceId>{name}</PhysicalResourceId>\
                     <ResourceType>AWS::{kind}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
                )
            };
            let resources: String = functions()
                .map(|(number, (name, group))| {
                    let group = group.map(|group| resource(&format!("LogGroup{number}"), group, "Logs::LogGroup"));
                    resource(&id(number), name, "Lambda::Function") + &group.unwrap_or_default()
                })
                .collect();
            ("ListStackResources", format!("<StackResourceSummaries>{resources}</StackResourceSummaries>"))
        };
        format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")
    }
}

/// The type of the logs' answers.
const JSON: &str = "application/x-amz-json-1.1";

fn refuse(stream: &TcpStream, code: &str) -> io::Result<bool> {
    respond(stream, 400, JSON, &json!({ "__type": code, "message": "It was refused." }).to_string())
}

fn respond(mut stream: &TcpStream, status: u16, kind: &str, body: &str) -> io::Result<bool> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes())?;
    Ok(true)
}

fn update(is_sampled: bool, lines: &[(String, &str)]) -> Value {
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let event = |(group, message): &(String, &str)| {
        json!({
            "logGroupIdentifier": group,
            "logStreamName": "2026/11/29/[7]01",
            "timestamp": now,
            "ingestionTime": now,
            "message": message,
        })
    };
    let events: Vec<Value> = lines.iter().map(event).collect();
    json!({ "sessionMetadata": { "sampled": is_sampled }, "sessionResults": events })
}

/// Sends a message of a stream.
fn send(mut stream: &TcpStream, kind: &str, name: &str, payload: &Value) -> io::Result<()> {
    let header = |name: &'static str, value: &str| Header::new(name, HeaderValue::String(value.to_owned().into()));
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(header(":message-type", kind))
        .add_header(header(if kind == "event" { ":event-type" } else { ":exception-type" }, name))
        .add_header(header(":content-type", "application/json"));
    let mut frame = Vec::new();
    write_message_to(&message, &mut frame).unwrap();
    stream.write_all(&frame)
}
