//! Tests of the watch, with events of the real file system.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A workspace and what lies beside it.
struct Files(TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let own = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            own.write(name, text);
        }
        own
    }

    fn at(&self, name: &str) -> PathBuf {
        real(self.0.path()).join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), text).unwrap();
    }

    fn watch(&self, include: &[&str]) -> Watch {
        let mut watch = Watch::new(&self.at("app"), &self.at("app/target")).unwrap();
        watch.set_include(Include {
            patterns: include.iter().map(|pattern| (*pattern).to_owned()).collect(),
            directory: self.at("app"),
            target_directory: self.at("app/target"),
        });
        watch
    }

    /// What `watch` names of these changes, and of an edit that ends them.
    async fn changed(&self, watch: &mut Watch, change: impl FnOnce()) -> Vec<String> {
        change();
        self.write("app/src/end.rs", &format!("// {}", fastrand::u64(..)));
        let mut all: Vec<String> = Vec::new();
        while !all.iter().any(|name| name == "app/src/end.rs") {
            let changed = tokio::time::timeout(Duration::from_secs(60), watch.next_change()).await.unwrap().unwrap();
            all.extend(changed.iter().map(|path| path.strip_prefix(self.at("")).unwrap().display().to_string()));
        }
        all.retain(|name| name != "app/src/end.rs");
        all.sort();
        all
    }
}

const APP: [(&str, &str); 4] = [
    ("app/Cargo.toml", "[package]\n[dependencies]\nshared = { path = \"../shared\" }\n"),
    ("app/src/main.rs", "fn main() {}"),
    ("shared/Cargo.toml", "[package]\n"),
    ("shared/src/lib.rs", ""),
];

#[tokio::test]
async fn the_same_bytes_once_more_are_no_change() {
    let files = Files::new(&APP);
    let mut watch = files.watch(&[]);
    let same = files.changed(&mut watch, || {
        files.write("app/src/main.rs", "fn main() { }");
        files.write("app/src/main.rs", "fn main() {}");
        files.write("app/data.db", "x");
    });
    assert!(same.await.is_empty());
    let other = files.changed(&mut watch, || files.write("app/src/main.rs", "fn main() { }"));
    assert_eq!(other.await, ["app/src/main.rs"]);
}

#[tokio::test]
async fn cargos_own_writing_of_its_lock_is_no_change() {
    let files = Files::new(&APP);
    let mut watch = files.watch(&[]);
    let built = files.changed(&mut watch, || files.write("app/Cargo.lock", "# by cargo"));
    assert_eq!(built.await, ["app/Cargo.lock"]);
    files.write("app/Cargo.lock", "# by cargo, again");
    watch.set_built();
    assert!(files.changed(&mut watch, || ()).await.is_empty());
}

#[tokio::test]
async fn what_a_build_writes_where_files_are_included_is_no_change() {
    let files = Files::new(&APP);
    files.write("app/gen/a.txt", "first");
    files.write("app/gen/gone.txt", "g");
    let mut watch = files.watch(&["gen", "src/included.rs"]);
    for number in 0..2 {
        // The first of the events is heard while the build goes on, the others after its end.
        let heard = files.changed(&mut watch, || {
            files.write("app/gen/a.txt", &format!("heard {number}"));
            files.write("app/gen/new.txt", &format!("heard {number}"));
        });
        let heard = heard.await.iter().map(|name| files.at(name)).collect();
        watch.put_back(heard);
        files.write("app/gen/a.txt", &format!("last {number}"));
        files.write("app/src/main.rs", &format!("// an edit {number}"));
        files.write("app/src/included.rs", &format!("// an edit {number}"));
        let _ = fs::remove_file(files.at("app/gen/gone.txt"));
        watch.set_built();
        assert_eq!(files.changed(&mut watch, || ()).await, ["app/src/included.rs", "app/src/main.rs"]);
    }
    let edited = files.changed(&mut watch, || files.write("app/gen/a.txt", "edited"));
    assert_eq!(edited.await, ["app/gen/a.txt"]);
}

#[tokio::test]
async fn path_dependencies_are_followed_with_their_manifests() {
    let files = Files::new(&APP);
    let mut watch = files.watch(&[]);
    let changed = files.changed(&mut watch, || {
        files.write("shared/Cargo.toml", "[package]\n[dependencies]\ndeep = { path = \"../deep\" }\n");
        files.write("shared/src/lib.rs", "// edited");
    });
    assert_eq!(changed.await, ["shared/Cargo.toml", "shared/src/lib.rs"]);
    // One that comes later, and whose output is nobody's source.
    files.write("deep/Cargo.toml", "[package]\n");
    files.write("deep/target/CACHEDIR.TAG", "");
    files.write("deep/target/out.rs", "");
    let added = files.changed(&mut watch, || {
        files.write("shared/Cargo.toml", "[package]\n[dependencies]\ndeep = { path = \"../deep\", optional = true }\n");
    });
    assert_eq!(added.await, ["shared/Cargo.toml"]);
    let deep = files.changed(&mut watch, || {
        files.write("deep/Cargo.toml", "[package]\nname = \"deep\"\n");
        files.write("deep/target/out.rs", "// generated");
    });
    assert_eq!(deep.await, ["deep/Cargo.toml"]);
}

#[tokio::test]
async fn included_files_are_followed_as_they_come_change_and_go() {
    let files = Files::new(&APP);
    for (name, text) in [("pages/a.html", "a"), ("pages/.hidden/b.html", "b"), ("notes.txt", "n"), ("site/x.css", "x")]
    {
        files.write(&format!("app/{name}"), text);
    }
    let mut watch = files.watch(&["pages", "site/*.css", "later"]);
    let changed = files.changed(&mut watch, || {
        files.write("app/pages/a.html", "a");
        files.write("app/pages/.hidden/b.html", "edited");
        files.write("app/pages/new/deep/c.html", "c");
        files.write("app/notes.txt", "edited");
        files.write("app/site/y.txt", "y");
        fs::remove_file(files.at("app/site/x.css")).unwrap();
    });
    assert_eq!(changed.await, ["app/pages/.hidden/b.html", "app/pages/new/deep/c.html", "app/site/x.css"]);
    let later = files.changed(&mut watch, || files.write("app/later/d.txt", "d"));
    assert_eq!(later.await, ["app/later/d.txt"]);
    let deep = files.changed(&mut watch, || files.write("app/pages/new/deep/c.html", "edited"));
    assert_eq!(deep.await, ["app/pages/new/deep/c.html"]);
}

#[cfg(unix)]
#[tokio::test]
async fn what_an_included_link_points_to_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let files = Files::new(&APP);
    files.write("elsewhere/page.html", "a");
    fs::create_dir(files.at("app/pages")).unwrap();
    symlink(files.at("elsewhere/page.html"), files.at("app/pages/link.html")).unwrap();
    files.write("app/pages/run.sh", "#!/bin/sh");
    let mut watch = files.watch(&["pages"]);
    let changed = files.changed(&mut watch, || {
        files.write("elsewhere/page.html", "edited");
        fs::set_permissions(files.at("app/pages/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    });
    assert_eq!(changed.await, ["app/pages/link.html", "app/pages/run.sh"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_yet_and_a_folder_that_comes_back_are_followed() {
    let files = Files::new(&APP);
    files.write("app/src/deep/mod.rs", "");
    let mut watch = files.watch(&[]);
    watch.follow([files.at("app/.env.dev")]);
    let made = files.changed(&mut watch, || files.write("app/.env.dev", "A=b"));
    assert_eq!(made.await, ["app/.env.dev"]);
    let back = files.changed(&mut watch, || {
        fs::rename(files.at("app/src/deep"), files.at("app/src/other")).unwrap();
        files.write("app/src/deep/mod.rs", "");
    });
    assert_eq!(back.await, ["app/src/other/mod.rs"]);
    let edited = files.changed(&mut watch, || files.write("app/src/deep/mod.rs", "// edited"));
    assert_eq!(edited.await, ["app/src/deep/mod.rs"]);
}
