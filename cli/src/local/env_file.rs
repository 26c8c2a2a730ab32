//! Env files: one `NAME=VALUE` a line, and each value arrives as it is written.
//!
//! - Empty lines and lines that begin with `#` are skipped, and so is `export` before a name.
//! - A value without quotes goes to the end of its line, or to the first `#` that has a space before it; spaces at its
//!   ends are left out. Quotes and `\` inside it are characters like others.
//! - A value in `'single quotes'` is taken as it is. In `"double quotes"`, `\n`, `\r`, `\t`, `\"`, `\\` and `\$` are
//!   escapes, and any other `\` is itself. Both may go over several lines.
//! - Nothing is substituted: `$HOME` arrives as `$HOME`. The last of several lines for one name wins.
//!
//! `dotenvy` substitutes, refuses spaces, and has the whole line in its errors: secrets stand in these files.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The maximum size of an env file: Lambda takes 4 KB of variables.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// An env file that cannot be used. It never holds a value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` cannot be read", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}:{line}: {error}", path.display())]
    Syntax { path: PathBuf, line: usize, error: SyntaxError },
}

/// An error of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SyntaxError {
    Encoding,
    NoEqualsSign,
    Name,
    OpenQuote(char),
    AfterQuote(char),
    Nul,
}

impl Error {
    /// The remedy.
    pub(crate) fn hint(&self) -> String {
        let hint = match self {
            Self::Unreadable { .. } => "it is a text file with one `NAME=VALUE` a line",
            Self::Syntax { error, .. } => match error {
                SyntaxError::Encoding => "save the file as UTF-8",
                SyntaxError::NoEqualsSign => "write `NAME=VALUE`; a value of several lines is quoted",
                SyntaxError::Name => "letters, digits and `_`, no digit first; a value of several lines is quoted",
                SyntaxError::OpenQuote('\'') => "close it, or put a value that begins with `'` in double quotes",
                SyntaxError::OpenQuote(_) => "close it, or put a value that begins with `\"` in single quotes",
                SyntaxError::AfterQuote('\'') => "put a value that has a `'` in it in double quotes, or in none",
                SyntaxError::AfterQuote(_) => "put a value that has a `\"` in it in single quotes, or write `\\\"`",
                SyntaxError::Nul => "a variable cannot hold that byte",
            },
        };
        hint.to_owned()
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding => f.write_str("the text is not UTF-8"),
            Self::NoEqualsSign => f.write_str("the line has no `=`"),
            Self::Name => f.write_str("the text before the `=` is not a variable name"),
            Self::OpenQuote(quote) => write!(f, "the `{quote}` at the beginning of the value is not closed"),
            Self::AfterQuote(quote) => write!(f, "something follows the `{quote}` that closes the value"),
            Self::Nul => f.write_str("the value has a NUL in it"),
        }
    }
}

/// Reads a file once, so that a named pipe will do.
///
/// # Errors
///
/// [`Error::Unreadable`] also if there is none.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let bytes = || {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("it is longer than {MAX_FILE_BYTES} bytes")));
        }
        Ok(bytes)
    };
    let bytes = bytes().map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    parse(&bytes).map_err(|(line, error)| Error::Syntax { path: path.to_owned(), line, error })
}

type Located<T> = Result<T, (usize, SyntaxError)>;

/// The variables of a text, or the line of its first error.
fn parse(bytes: &[u8]) -> Located<BTreeMap<String, String>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        (1 + before.iter().filter(|byte| **byte == b'\n').count(), SyntaxError::Encoding)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut lines = Lines { rest: &text, line: 0 };
    let mut all = BTreeMap::new();
    while let Some(line) = lines.next() {
        let at = lines.line;
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or((at, SyntaxError::NoEqualsSign))?;
        let name = name.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(name).trim();
        if !is_name(name) {
            return Err((at, SyntaxError::Name));
        }
        let value = match value.trim_start().chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(value.trim_start(), quote, &mut lines)?,
            _ => unquoted(value).to_owned(),
        };
        if value.contains('\0') {
            return Err((at, SyntaxError::Nul));
        }
        all.insert(name.to_owned(), value);
    }
    Ok(all)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// A value to the end of its line or to its comment.
fn unquoted(value: &str) -> &str {
    let comment = value.match_indices('#').map(|(at, _)| at).find(|at| value[..*at].ends_with([' ', '\t']));
    value[..comment.unwrap_or(value.len())].trim()
}

/// A value that begins with a quote, from further lines if it does not end in its own.
fn quoted(first: &str, quote: char, lines: &mut Lines<'_>) -> Located<String> {
    let begin = lines.line;
    let mut value = String::new();
    let mut line = &first[1..];
    loop {
        let mut letters = line.char_indices();
        while let Some((at, letter)) = letters.next() {
            if letter == quote {
                let rest = line[at + 1..].trim();
                let is_end = rest.is_empty() || rest.starts_with('#');
                return if is_end { Ok(value) } else { Err((lines.line, SyntaxError::AfterQuote(quote))) };
            }
            match (quote, letter, line[at + letter.len_utf8()..].chars().next().and_then(escaped)) {
                ('"', '\\', Some(meant)) => {
                    value.push(meant);
                    letters.next();
                }
                _ => value.push(letter),
            }
        }
        value.push('\n');
        line = lines.next().ok_or((begin, SyntaxError::OpenQuote(quote)))?;
    }
}

/// The character that an escape sequence denotes.
fn escaped(letter: char) -> Option<char> {
    Some(match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' | '\\' | '$' => letter,
        _ => return None,
    })
}

/// The lines of a text and the number of the last one that was read.
struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_arrive_as_they_are_written() {
        for (text, expected) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A=b\nA=c\n", "c"),
            ("\u{feff}A=b", "b"),
            ("A=b\r\nB=c\r\n", "b"),
            ("export A=b", "b"),
            ("export\tA = b", "b"),
            ("# A=x\n\n  A = b  ", "b"),
            ("A=hello wide  world", "hello wide  world"),
            ("A=it's", "it's"),
            ("A=5' 3\"", "5' 3\""),
            ("A=pa$$word ${HOME} $HOME", "pa$$word ${HOME} $HOME"),
            ("A=\"pa$$word ${HOME} $HOME\"", "pa$$word ${HOME} $HOME"),
            ("A='pa$$word ${HOME} \\$HOME'", "pa$$word ${HOME} \\$HOME"),
            (r#"A={"key": "a b", "n": [1, 2]}"#, r#"{"key": "a b", "n": [1, 2]}"#),
            (r#"A='{"key": "a \n b"}'"#, r#"{"key": "a \n b"}"#),
            (r#"A="{\"key\": \"a\"}""#, r#"{"key": "a"}"#),
            (r"A=C:\new\table", r"C:\new\table"),
            (r"A='C:\new\table\'", r"C:\new\table\"),
            (r#"A="C:\path \\ \d \$x""#, r"C:\path \ \d $x"),
            (r#"A="a\tb\nc\rd\"""#, "a\tb\nc\rd\""),
            ("A=#fff", "#fff"),
            ("A=a#b # comment", "a#b"),
            ("A= # comment", ""),
            ("A=\"a # b\" # comment", "a # b"),
            ("A='  a  '", "  a  "),
            ("A='  a  \n b ' ", "  a  \n b "),
            ("A=\"\"", ""),
            ("A=a=b==", "a=b=="),
            ("A='-----BEGIN\nab=\n\n# no comment\n-----END'\nB=c", "-----BEGIN\nab=\n\n# no comment\n-----END"),
            ("A=\"x\r\ny\"", "x\ny"),
            ("A=grüezi 🦀", "grüezi 🦀"),
            ("A=\"🦀\\\"ü\"", "🦀\"ü"),
        ] {
            let all = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
            assert_eq!(all["A"], expected, "{text:?}");
        }
    }

    #[test]
    fn a_fault_has_its_line() {
        for (text, expected) in [
            (&b"A=b\nSECRET"[..], (2, SyntaxError::NoEqualsSign)),
            (b"A=b\r\n\r\nSECRET", (3, SyntaxError::NoEqualsSign)),
            (b"\n=SECRET", (2, SyntaxError::Name)),
            (b"1A=SECRET", (1, SyntaxError::Name)),
            (b"MY NAME=SECRET", (1, SyntaxError::Name)),
            (b"export =SECRET", (1, SyntaxError::Name)),
            (b"A=b\nB=\"SECRET\nC=d\n", (2, SyntaxError::OpenQuote('"'))),
            (b"A='tis SECRET", (1, SyntaxError::OpenQuote('\''))),
            (b"A='it's SECRET'", (1, SyntaxError::AfterQuote('\''))),
            (b"A=\"x\ny\" SECRET", (2, SyntaxError::AfterQuote('"'))),
            (b"A=b\nB=SECRET\xff", (2, SyntaxError::Encoding)),
            (b"\xff\xfeA\0=\0", (1, SyntaxError::Encoding)),
            (b"A=SECRET\0", (1, SyntaxError::Nul)),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected, "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn an_error_names_file_and_line_and_never_a_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env.dev");
        fs::write(&path, "A=b\nB='it's SECRET'\n").unwrap();
        let error = read(&path).unwrap_err();
        let start = format!("{}:2: something follows the `'`", path.display());
        assert!(error.to_string().starts_with(&start), "{error}");
        assert!(!format!("{error} {error:?} {}", error.hint()).contains("SECRET"));

        fs::write(&path, vec![b'#'; MAX_FILE_BYTES as usize + 1]).unwrap();
        assert!(matches!(read(&path), Err(Error::Unreadable { .. })));
        assert!(matches!(read(folder.path()), Err(Error::Unreadable { .. })));
    }
}
