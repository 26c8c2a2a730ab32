//! The module table of `docs/architecture.md` is what the modules import.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The table's modules and what each may import.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, rows) = text.split_once("| module | what it holds | may import |\n|---|---|---|\n").expect("the table");
    let rows = rows.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let imports = cells[2].split(", ").filter(|name| !name.is_empty()).map(str::to_owned);
        (cells[0].trim_matches('`').to_owned(), imports.collect())
    })
    .collect()
}

/// All Rust files of a module, which is a file or a folder.
fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

/// The modules that a file's production code names after `crate::`.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\n#[cfg(unix)]\nmod tests").next().unwrap_or_default();
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: String = code.lines().filter(is_code).flat_map(|line| [line, "\n"]).collect();
    let mut found = BTreeSet::new();
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
    };
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        // The names at the first level of the braces.
        let (mut depth, mut begins) = (0, true);
        for (at, letter) in list.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                _ if begins && !letter.is_whitespace() => {
                    found.insert(word(&list[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn modules_import_what_the_table_of_the_architecture_says() {
    let source = root().join("cli/src");
    let table = table();
    let mut actual: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if matches!(name.as_str(), "lib" | "main") {
            continue;
        }
        let mut paths = Vec::new();
        files(&path, &mut paths);
        let imports = paths
            .iter()
            .flat_map(|path| imports(&fs::read_to_string(path).unwrap()))
            .filter(|import| source.join(import).is_dir() || source.join(format!("{import}.rs")).is_file())
            .filter(|import| *import != name);
        actual.entry(name.clone()).or_default().extend(imports);
    }
    let render = |modules: &BTreeMap<String, BTreeSet<String>>| -> String {
        let lines = modules.iter().map(|(name, imports)| {
            format!("{name}: {}\n", imports.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
        });
        lines.collect()
    };
    let (table, actual) = (render(&table), render(&actual));
    assert!(table == actual, "the table of docs/architecture.md:\n{table}\nthe code:\n{actual}");
}
