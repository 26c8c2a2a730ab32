//! The reviewed templates of `tests/golden/`, before tools that we did not write.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, these are what they share")]

#[path = "support/python.rs"]
mod python;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Writes every template and its SAM form below `folder`: the bases as they are, the features applied to their bases.
fn expand(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let read = |name: &str| -> Value {
        let path = golden.join(name);
        serde_json::from_slice(&fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut templates = BTreeMap::new();
    for name in names(&golden) {
        templates.insert(name.clone(), (read(&format!("{name}.json")), read(&format!("sam/{name}.json"))));
    }
    let bases = templates.clone();
    for name in names(&golden.join("features")) {
        let feature = read(&format!("features/{name}.json"));
        let (template, sam) = &bases[feature["base"].as_str().unwrap()];
        // The patches have no version's hash, which every feature changes.
        let hash = &template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]["ZAPPA_VERSION"];
        let patched = |template: &Value, patch: &Value| {
            let text = template.to_string().replace(hash.as_str().unwrap(), "Hash");
            let mut template: Value = serde_json::from_str(&text).unwrap();
            let patch: json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
            json_patch::patch(&mut template, &patch).unwrap_or_else(|error| panic!("{name}: {error}"));
            template
        };
        let patched = (patched(template, &feature["template"]), patched(sam, &feature["sam"]));
        templates.insert(name, patched);
    }
    fs::create_dir(folder.join("sam")).unwrap();
    let write = |path: PathBuf, template: &Value| {
        fs::write(&path, template.to_string()).unwrap();
        path
    };
    let written = templates.iter().map(|(name, (template, sam))| {
        (write(folder.join(format!("{name}.json")), template), write(folder.join(format!("sam/{name}.json")), sam))
    });
    written.unzip()
}

/// The names of the JSON files in a folder, without the extension.
fn names(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let json = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let names: Vec<String> = json.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(!names.is_empty());
    names
}

#[test]
fn cfn_lint_finds_nothing_in_any_template() {
    let folder = tempfile::tempdir().unwrap();
    let (mut templates, _) = expand(folder.path());
    // Those of custom domains are whole templates of their own.
    let domains = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/domains");
    templates.extend(names(&domains).iter().map(|name| domains.join(format!("{name}.json"))));
    let newer = templates.iter().position(|template| template.ends_with("rest-jwt.json")).unwrap();
    let newer = templates.swap_remove(newer);
    assert_eq!(lint(&templates), [] as [&str; 0]);

    // The authorizers of the type `JWT` are younger than the checker's schemas: it knows neither type nor property.
    let findings = lint(&[newer]);
    assert!(!findings.is_empty(), "the checker knows them by now: remove the exception");
    for finding in findings {
        let is_known =
            ["'JWT' is not one of", "'JwtConfiguration' was unexpected", "'ProviderARNs' is a required property"]
                .iter()
                .any(|known| finding.contains(known));
        assert!(is_known, "{finding}");
    }
}

/// What cfn-lint finds in templates, a line each.
fn lint(templates: &[PathBuf]) -> Vec<String> {
    let output = Command::new(python::tool("cfn-lint"))
        .args(["--format", "parseable", "--regions", "us-east-1", "eu-west-1", "ap-northeast-1", "--"])
        .args(templates)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let findings: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || !findings.is_empty(), "{stderr}");
    findings
}

#[test]
fn the_sam_form_expands_to_the_same_resources() {
    let folder = tempfile::tempdir().unwrap();
    let (_, sam) = expand(folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/expand.py");
    let output = Command::new(python::tool("python3")).arg(script).args(sam).output().unwrap();
    let problems = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{problems}{}", String::from_utf8_lossy(&output.stderr));
}
