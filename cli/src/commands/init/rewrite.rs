//! The two lines that an axum app changes: its dependency, and how it is served.

use std::{fs, path::Path};

/// A line of a source file, before and after.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Change {
    /// From 1.
    pub(super) line: usize,
    pub(super) before: String,
    pub(super) after: String,
    /// The line that binds the old listener, which is removed too: otherwise the address would be bound twice.
    pub(super) listener: Option<String>,
}

/// The dependency's line, with the path of a clone beside the package or beside a folder above it.
pub(super) fn dependency(manifest: &Path) -> String {
    let path = clone_beside(manifest).unwrap_or_else(|| "PATH/TO/zappa-rs".to_owned());
    format!("+ zappa-rs = {{ path = \"{path}\" }}   # a clone, until the crate is published\n")
}

/// The path from the package to a clone of this repository, with `/` between the parts.
fn clone_beside(manifest: &Path) -> Option<String> {
    let mut path = String::new();
    for folder in manifest.parent()?.ancestors().skip(1) {
        path.push_str("../");
        let text = fs::read_to_string(folder.join("zappa-rs").join("Cargo.toml")).unwrap_or_default();
        let package = text.parse::<toml::Table>().ok().and_then(|table| table.get("package")?.get("name").cloned());
        if package.is_some_and(|name| name.as_str() == Some("zappa-rs")) {
            return Some(format!("{path}zappa-rs"));
        }
    }
    None
}

/// The line that serves the app now, if it is a call of `axum::serve`.
pub(super) fn changed_line(source: &Path) -> Option<Change> {
    changed(&fs::read_to_string(source).ok()?)
}

fn changed(text: &str) -> Option<Change> {
    let (start, call) = ["axum::serve(", "serve("].iter().find_map(|call| {
        text.match_indices(call).map(|(at, _)| at).find(|at| is_call(text, *at)).map(|at| (at, *call))
    })?;
    let inside = start + call.len();
    let end = inside + closing(&text[inside..])?;
    let arguments = text[inside..end].trim().trim_end_matches(',');
    let comma = top_level_comma(arguments)?;
    let app = without_make_service(arguments[comma + 1..].trim());
    let listener = binding(&text[..start], arguments[..comma].trim());
    let rest = &text[end + 1..];
    let awaited = rest.find(".await").map(|at| at + ".await".len());
    // Calls in between, such as graceful shutdown, are dropped: `run` shuts down gracefully itself.
    let statement = awaited.unwrap_or(0);
    let is_statement = rest[..statement].matches(['{', '}']).count() == 0 || rest[..statement].contains("graceful");
    if !is_statement {
        return None;
    }
    let tail = rest[statement..].split('\n').next().unwrap_or_default().trim_end();
    let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let indented = &text[begin..start];
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Change {
        line: text[..start].matches('\n').count() + 1,
        before: one_line(&format!("{}{}", &text[begin..end + 1 + statement], tail)),
        after: one_line(&format!("{indented}zappa_rs::run({app}).await{tail}")),
        listener: listener.map(|statement| one_line(statement).replace(" .", ".")),
    })
}

/// The statement that binds a name to a listener; none if the name is an expression, or bound elsewhere.
fn binding<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let begin = ["let ", "let mut "].iter().find_map(|binds| text.rfind(&format!("{binds}{name} ")))?;
    let statement = &text[begin..];
    let statement = &statement[..=statement.find(';')?];
    statement.contains("::bind(").then_some(statement)
}

/// Whether this is a call: not in a comment, and not the end of another name such as `observe(`.
fn is_call(text: &str, at: usize) -> bool {
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &text[begin..at];
    !before.trim_start().starts_with("//")
        && !before.ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
        && !before.ends_with("fn ")
}

/// The position of the bracket that closes the one opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn top_level_comma(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, letter)| {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })
}

fn without_make_service(app: &str) -> &str {
    app.split(".into_make_service").next().unwrap_or(app).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axums_line_becomes_ours() {
        for (before, after) in [
            ("    axum::serve(listener, app).await?;", "zappa_rs::run(app).await?;"),
            ("    axum::serve(listener, app).await", "zappa_rs::run(app).await"),
            ("    let done = axum::serve(l, router(state)).await;", "let done = zappa_rs::run(router(state)).await;"),
            (
                "    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();",
                "zappa_rs::run(app).await.unwrap();",
            ),
            (
                "    axum::serve(\n        listener,\n        app.into_make_service(),\n    )\n    .with_graceful_shutdown(stop())\n    .await?;",
                "zappa_rs::run(app).await?;",
            ),
            ("    serve(listener, app).await?;", "zappa_rs::run(app).await?;"),
        ] {
            let text = format!("fn main() {{\n    // axum::serve(x, y).await\n{before}\n}}\n");
            let change = changed(&text).unwrap();
            assert_eq!((change.line, change.after.as_str()), (3, after), "{before}");
        }
    }

    #[test]
    fn the_dependency_has_the_path_of_a_clone_that_is_there_and_else_a_placeholder() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = folder.path().join("shop/api/Cargo.toml");
        let write = |path: &str, name: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("[package]\nname = \"{name}\"\n")).unwrap();
        };
        // A folder of that name with another package is no clone.
        write("shop/zappa-rs/Cargo.toml", "other");
        assert!(dependency(&manifest).starts_with("+ zappa-rs = { path = \"PATH/TO/zappa-rs\" }"));
        write("zappa-rs/Cargo.toml", "zappa-rs");
        assert!(dependency(&manifest).starts_with("+ zappa-rs = { path = \"../../zappa-rs\" }"));
    }

    #[test]
    fn the_listener_goes_with_the_line_that_it_was_for() {
        let main = |listener: &str| {
            let text = format!("fn main() {{\n{listener}\n    axum::serve(listener, app).await?;\n}}\n");
            changed(&text).unwrap().listener
        };
        assert_eq!(
            main("    let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\")\n        .await?;").as_deref(),
            Some("let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await?;")
        );
        assert_eq!(main("    let listener = listener_of(&settings);"), None);
        assert_eq!(main(""), None);
    }

    #[test]
    fn what_is_not_axums_line_is_left_alone() {
        for text in
            ["fn main() {}", "fn serve(a: u8, b: u8) {}", "server.serve(a, b).await", "axum::serve(listener", ""]
        {
            assert_eq!(changed(text), None, "{text}");
        }
    }
}
