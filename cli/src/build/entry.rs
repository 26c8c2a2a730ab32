//! Which binaries call `zappa_rs::run`: a look into their sources, without a compiler.

use std::{fs, path::Path};

use cargo_metadata::{Metadata, Package, TargetKind as CargoKind};

/// The words that a program says.
const CALLS: [&str; 3] = ["zappa_rs::run", "zappa_rs::App", "use zappa_rs"];
/// How much source is read of one package before the look is given up.
const MOST_FILES: usize = 2_000;

/// A binary of the workspace.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) package: String,
    pub(crate) name: String,
    /// The file with its `main`, from the workspace's root.
    pub(crate) source: String,
    pub(crate) calls_run: bool,
    pub(crate) uses_axum: bool,
}

/// The binaries of the workspace's members, in cargo's order.
pub(crate) fn entries(metadata: &Metadata) -> Vec<Entry> {
    metadata.workspace_packages().into_iter().flat_map(|package| of_package(metadata, package)).collect()
}

fn of_package(metadata: &Metadata, package: &Package) -> Vec<Entry> {
    let uses_axum = package.dependencies.iter().any(|dependency| dependency.name == "axum");
    let binaries = package.targets.iter().filter(|target| target.kind.contains(&CargoKind::Bin));
    binaries
        .map(|target| {
            let main = target.src_path.as_std_path();
            let root = metadata.workspace_root.as_std_path();
            Entry {
                package: package.name.to_string(),
                name: target.name.clone(),
                source: main.strip_prefix(root).unwrap_or(main).display().to_string(),
                calls_run: calls_run(main),
                uses_axum,
            }
        })
        .collect()
}

/// Whether a program or a module beside it calls us.
pub(crate) fn calls_run(main: &Path) -> bool {
    if says_so(main) {
        return true;
    }
    let Some(folder) = main.parent() else { return false };
    ignore::WalkBuilder::new(folder)
        .build()
        .flatten()
        .take(MOST_FILES)
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .any(|entry| says_so(entry.path()))
}

fn says_so(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| {
        text.lines()
            .map(str::trim_start)
            .any(|line| !line.starts_with("//") && CALLS.iter().any(|call| line.contains(call)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_wherever_it_stands_and_a_comment_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main.rs");
        for (text, expected) in [
            ("fn main() { zappa_rs::run(app).await }", true),
            ("    use zappa_rs::run;", true),
            ("// zappa_rs::run(app)", false),
            ("fn main() { axum::serve(l, app) }", false),
        ] {
            fs::write(&main, text).unwrap();
            assert_eq!(calls_run(&main), expected, "{text}");
        }
        fs::write(folder.path().join("server.rs"), "pub fn go() { zappa_rs::run(x) }").unwrap();
        assert!(calls_run(&main));
    }
}
