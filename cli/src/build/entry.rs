//! Detects the programs of a workspace that call `zappa_rs::run`, by their source and without compiling it.
//!
//! Comments and string literals do not count. Calls in macro expansions are not detected, so a "no" is only a warning.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::Package;

use super::{Cargo, Error, Target, TargetKind, target};

/// A binary or an example of the workspace: a candidate for deployment.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) target: Target,
    pub(crate) package: String,
    /// The file with `main`.
    pub(crate) source: PathBuf,
    /// Whether the package names `zappa-rs` among its dependencies.
    pub(crate) depends: bool,
    pub(crate) calls_run: bool,
    /// The only binary of its package, or the one that `default-run` names.
    pub(crate) is_default: bool,
}

/// The programs of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The manifest nearest to the working folder.
    pub(crate) manifest: PathBuf,
    pub(crate) programs: Vec<Program>,
}

impl Cargo {
    /// Inspects every program of the workspace.
    pub(crate) async fn workspace(&self) -> Result<Workspace, Error> {
        let manifest = target::manifest(&self.directory, None)?;
        let metadata = self.metadata(&manifest).await?;
        let programs = metadata.workspace_packages().into_iter().flat_map(|package| {
            [TargetKind::Bin, TargetKind::Example].into_iter().flat_map(move |kind| programs(package, kind))
        });
        let programs = programs.map(|(package, kind, name, source)| Program {
            target: target::new_target(&metadata, package, kind, &name),
            package: package.name.to_string(),
            depends: package.dependencies.iter().any(|dependency| dependency.name == "zappa-rs"),
            calls_run: calls_run(package, kind, &source),
            is_default: is_default(package, kind, &name),
            source,
        });
        Ok(Workspace { manifest, programs: programs.collect() })
    }
}

fn programs(package: &Package, kind: TargetKind) -> Vec<(&Package, TargetKind, String, PathBuf)> {
    let names = kind.of(package);
    let of_kind = package.targets.iter().filter(|target| match kind {
        TargetKind::Bin => target.is_bin(),
        TargetKind::Example => target.is_example(),
    });
    of_kind
        .filter(|target| names.contains(&target.name))
        .map(|target| (package, kind, target.name.clone(), target.src_path.clone().into_std_path_buf()))
        .collect()
}

fn is_default(package: &Package, kind: TargetKind, name: &str) -> bool {
    kind == TargetKind::Bin
        && match &package.default_run {
            Some(default) => default == name,
            None => TargetKind::Bin.of(package).len() == 1,
        }
}

/// Whether the program's own files, or the library beside it, mention `zappa_rs::run` or `zappa_rs::App`.
fn calls_run(package: &Package, kind: TargetKind, source: &Path) -> bool {
    if file_calls_run(source) {
        return true;
    }
    let others: Vec<&Path> = package
        .targets
        .iter()
        .filter(|target| target.src_path.as_std_path() != source)
        .filter(|target| target.is_bin() || target.is_example())
        .map(|target| target.src_path.as_std_path())
        .collect();
    let folder = source.parent().filter(|folder| {
        // A folder of programs holds one file per program; only `main.rs` has its modules beside it.
        source.file_name().is_some_and(|name| name == "main.rs")
            || others.iter().all(|other| other.parent() != Some(*folder))
    });
    let library = package.targets.iter().find(|target| target.is_lib() && kind == TargetKind::Bin);
    let library = library.and_then(|library| library.src_path.as_std_path().parent());
    [folder, library].into_iter().flatten().any(|folder| folder_calls_run(folder, &others))
}

/// The modules below the folder, without the files of other programs.
fn folder_calls_run(folder: &Path, others: &[&Path]) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            let is_anothers = others.iter().any(|other| other.parent() == Some(path.as_path()));
            return !is_anothers
                && entry.file_type().is_ok_and(|kind| !kind.is_symlink())
                && folder_calls_run(&path, others);
        }
        path.extension().is_some_and(|extension| extension == "rs")
            && !others.contains(&path.as_path())
            && file_calls_run(&path)
    })
}

/// The same for a program and any module beside it, where cargo's metadata is not available.
pub(crate) fn calls_run_beside(source: &Path) -> bool {
    file_calls_run(source) || source.parent().is_some_and(|folder| folder_calls_run(folder, &[]))
}

fn file_calls_run(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text_calls_run(&text))
}

fn text_calls_run(text: &str) -> bool {
    let code = code(text);
    code.match_indices("zappa_rs::").any(|(at, path)| {
        let is_whole = !code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let rest = code[at + path.len()..].trim_start();
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default(),
            None => rest.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next().unwrap_or_default(),
        };
        is_whole
            && names
                .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
                .any(|name| matches!(name, "run" | "App"))
    })
}

/// The text without comments and string literals.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = match letter {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            'r' if !code.ends_with(|before: char| before.is_alphanumeric() || before == '_') => raw_string(rest),
            '"' => string(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if skipped == 0 {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of a block comment, which may be nested.
fn comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"..."` or `r#"..."#`; zero for anything else that starts with `r`.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    if text.as_bytes().get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = hashes + 2;
    text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len())
}

/// The length of a character literal such as `'"'`; zero for a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = at + escaped.len_utf8();
            text[from..].find('\'').map_or(0, |end| from + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_seen_in_code_and_not_in_comments_or_texts() {
        for (text, expected) in [
            ("zappa_rs::run(app).await", true),
            ("use zappa_rs::run;", true),
            ("use zappa_rs::{Error, run};", true),
            ("use zappa_rs::{self};\nzappa_rs::App::new(router)", true),
            ("fn main() -> Result<(), zappa_rs::Error> {}", false),
            ("use zappa_rs::{Error, runtime};", false),
            ("my_zappa_rs::run(app)", false),
            ("// zappa_rs::run(app)\n", false),
            ("/* /* */ zappa_rs::run(app) */", false),
            ("let text = \"zappa_rs::run(app) \\\" \";", false),
            ("let text = r#\"zappa_rs::run(\"app\")\"#;", false),
            ("let quote = '\"'; zappa_rs::run(app)", true),
            ("let quote = '\\''; fn f<'a>(x: &'a str) { zappa_rs::run(x) }", true),
            ("let bar = 1; zappa_rs::run(app)", true),
        ] {
            assert_eq!(text_calls_run(text), expected, "{text}");
        }
    }

    #[test]
    fn an_endless_comment_or_text_ends_with_the_file() {
        for text in ["/* a", "\"a", "r#\"a", "'", "'\\", "r", "r#", "größe \"ß"] {
            assert!(!text_calls_run(text), "{text}");
        }
    }
}
