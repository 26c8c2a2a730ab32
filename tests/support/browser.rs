//! A headless Chromium, driven by WebDriver: one driver for all tests of a process, and a browser for each test.
//!
//! <https://www.w3.org/TR/webdriver2/>

use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{self, Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    client::{Client, Request},
    poll, port,
};

/// How long a page may take for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The key under which WebDriver returns an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

static DRIVER: LazyLock<Driver> = LazyLock::new(Driver::start);

struct Driver {
    address: SocketAddr,
    browser: String,
    /// It ends when its stdin is closed, which is at the latest when this process ends.
    _child: Child,
}

/// A browser with one page.
#[derive(Debug)]
pub(crate) struct Browser {
    session: String,
}

impl Driver {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("zappa-rs-browser-{}", process::id()));
        let port = port::free();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/browser.sh");
        let mut command = Command::new("sh");
        command.arg(script).arg(folder).arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().expect("a shell");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped above")).read_line(&mut line).expect("a pipe");
        assert!(!line.trim().is_empty(), "the browser does not start: see above");
        Self { address: (Ipv4Addr::LOCALHOST, port).into(), browser: line.trim().to_owned(), _child: child }
    }

    /// Sends a command; the value of its answer, or the error.
    fn send(&self, method: &'static str, path: &str, body: Option<&Value>) -> Result<Value, Value> {
        let request = Request::new(method, path);
        let request = match body {
            Some(body) => request.with_body("application/json", body.to_string()),
            None => request,
        };
        let response = Client::connect(self.address).and_then(|mut client| client.send(&request));
        let response = response.expect("the driver answers");
        let value = response.json()["value"].take();
        if response.status == 200 { Ok(value) } else { Err(value) }
    }
}

impl Browser {
    /// A new one, without cookies and storage.
    pub(crate) fn new() -> Self {
        let options = json!({
            "binary": DRIVER.browser,
            // The sandbox needs rights that containers lack, and so does the shared memory.
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"],
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": options } } });
        let begun = DRIVER.send("POST", "/session", Some(&wanted)).expect("a session");
        Self { session: begun["sessionId"].as_str().expect("an id").to_owned() }
    }

    /// Opens a page.
    pub(crate) fn open(&self, url: &str) {
        self.command("POST", "/url", Some(&json!({ "url": url }))).expect("the page opens");
    }

    /// Clicks on an element, by its CSS selector.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.wait_for(selector);
        self.command("POST", &format!("/element/{element}/click"), Some(&json!({}))).expect("a click");
    }

    /// Types into an element.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        let element = self.wait_for(selector);
        let keys = json!({ "text": text });
        self.command("POST", &format!("/element/{element}/value"), Some(&keys)).expect("keys");
    }

    /// The visible text of an element.
    pub(crate) fn text(&self, selector: &str) -> String {
        let element = self.wait_for(selector);
        let text = self.command("GET", &format!("/element/{element}/text"), None).expect("a text");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an element has a text.
    pub(crate) fn expect_text(&self, selector: &str, expected: &str) {
        poll::poll_until(&format!("`{expected}` in {selector}"), PATIENCE, || self.text(selector) == expected);
    }

    /// What a script of the page returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", Some(&json!({ "script": script, "args": [] }))).expect("a script")
    }

    /// Waits for an element; its id.
    fn wait_for(&self, selector: &str) -> String {
        let query = json!({ "using": "css selector", "value": selector });
        let mut found = None;
        poll::poll_until(&format!("the element {selector}"), PATIENCE, || {
            found = self.command("POST", "/element", Some(&query)).ok();
            found.is_some()
        });
        found.and_then(|found| found[ELEMENT].as_str().map(str::to_owned)).expect("an element")
    }

    fn command(&self, method: &'static str, path: &str, body: Option<&Value>) -> Result<Value, Value> {
        DRIVER.send(method, &format!("/session/{}{path}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends it too, when this process ends.
        let _closed = DRIVER.send("DELETE", &format!("/session/{}", self.session), None);
    }
}
