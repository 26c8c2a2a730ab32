//! The place of a failure: the panic and the first backtrace line in the user's own code, read from a log.

/// The places of a failure, as a sentence; `None` if the text names none.
pub(super) fn sentence(text: &str) -> Option<String> {
    // The lines of JSON logs have their line ends escaped.
    let text = text.replace("\\n", "\n");
    let (panic, trace) = match text.rsplit_once("panicked at ") {
        Some((_, rest)) => (panic_location(rest), rest),
        None => (None, text.as_str()),
    };
    let frame = own_frame(trace).filter(|frame| Some(frame.location) != panic);
    match (panic, frame) {
        (Some(panic), _) if is_own(panic) => Some(format!("it panicked at {panic}")),
        (Some(panic), Some(frame)) => Some(format!("it panicked at {panic}, called {frame}")),
        (Some(panic), None) => Some(format!("it panicked at {panic}")),
        (None, Some(frame)) => Some(format!("it failed {frame}")),
        (None, None) => None,
    }
}

/// The location of a panic: file, line and column, with which `rest` begins.
fn panic_location(rest: &str) -> Option<&str> {
    let end = rest.find(['\n', '\\', '"']).unwrap_or(rest.len());
    let place = rest[..end].trim_end().trim_end_matches(':');
    is_location(place).then_some(place)
}

/// A line of a backtrace.
struct Frame<'a> {
    function: Option<&'a str>,
    location: &'a str,
}

impl std::fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.function {
            Some(function) => write!(f, "in `{function}` at {}", self.location),
            None => write!(f, "at {}", self.location),
        }
    }
}

/// The first frame of a backtrace that is in the user's own code: `N: function`, and below it `at file:line:column`.
fn own_frame(text: &str) -> Option<Frame<'_>> {
    let mut function = None;
    for line in text.lines().map(str::trim) {
        if let Some(location) = line.strip_prefix("at ") {
            if is_location(location) && is_own(location) {
                return Some(Frame { function, location });
            }
        } else if let Some((number, name)) = line.split_once(": ")
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            function = Some(name);
        }
    }
    None
}

/// Whether a text ends in a line and a column.
fn is_location(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.rsplit(':');
    parts.by_ref().take(2).all(is_number) && parts.next().is_some_and(|file| !file.is_empty())
}

/// Whether a source file is neither of Rust's own nor of a dependency that cargo downloaded.
fn is_own(location: &str) -> bool {
    let foreign = ["/registry/src/", "/git/checkouts/", "/rustlib/src/", "/.rustup/", "library/std/", "library/core/"];
    !location.starts_with("/rustc/") && !foreign.iter().any(|part| location.contains(part))
}

/// The id of the request that a log or an error message is of.
pub(super) fn request_id(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("RequestId: ")?;
    let id = rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').next()?;
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "thread 'main' panicked at /cargo/registry/src/index/serde_json-1.0.1/src/value.rs:9:1:\nno key\n\
        stack backtrace:\n   0: rust_begin_unwind\n             at /rustc/0123/library/std/src/panicking.rs:697:5\n   \
        1: serde_json::value::index\n             at /cargo/registry/src/index/serde_json-1.0.1/src/value.rs:9:1\n   \
        2: shop::orders::total\n             at ./src/orders.rs:12:5\n   3: shop::main\n             at ./src/main.rs:3:1\n";

    #[test]
    fn a_panic_is_read_from_text_and_from_json() {
        for (log, expected) in [
            ("thread 'main' panicked at src/main.rs:12:5:\nno stock\n", Some("it panicked at src/main.rs:12:5")),
            (r#"{"message":"panicked at src/main.rs:12:5:\nno stock"}"#, Some("it panicked at src/main.rs:12:5")),
            ("it panicked at the disco\n", None),
            ("10:20:30 nothing\n", None),
            ("", None),
        ] {
            assert_eq!(sentence(log).as_deref(), expected, "{log}");
        }
    }

    #[test]
    fn the_first_line_of_the_users_own_code_is_named() {
        let panic = "it panicked at /cargo/registry/src/index/serde_json-1.0.1/src/value.rs:9:1, called in \
            `shop::orders::total` at ./src/orders.rs:12:5";
        assert_eq!(sentence(TRACE).as_deref(), Some(panic));
        let json = format!("{{\"message\":\"{}\"}}", TRACE.replace('\n', "\\n"));
        assert_eq!(sentence(&json).as_deref(), Some(panic));
        let error = TRACE.split_once("stack backtrace").unwrap().1;
        assert_eq!(sentence(error).as_deref(), Some("it failed in `shop::orders::total` at ./src/orders.rs:12:5"));
        let foreign = TRACE.split_once("   2: ").unwrap().0;
        let expected = "it panicked at /cargo/registry/src/index/serde_json-1.0.1/src/value.rs:9:1";
        assert_eq!(sentence(foreign).as_deref(), Some(expected));
    }

    #[test]
    fn the_request_is_read_from_lambdas_own_lines_and_messages() {
        for (text, expected) in [
            ("START RequestId: 8f3a-1c Version: 7\nline\n", Some("8f3a-1c")),
            ("RequestId: 8f3a-1c Error: Runtime exited", Some("8f3a-1c")),
            ("no id", None),
        ] {
            assert_eq!(request_id(text), expected, "{text}");
        }
    }
}
