//! The compiler flags and linkers of cargo's configuration: the files from the working folder upwards, cargo's home and the
//! environment, merged as cargo merges them.
//!
//! Files that `include` others, which cargo does since 1.94, are not read here: cargo is asked, by a probe.

use std::path::PathBuf;

use cargo_config2::{Config, Flags, ResolveOptions, Walk};

use super::{
    Cargo,
    probe::{self, Answer},
};

impl Cargo {
    /// The user's flags for a target. `None` where the configuration cannot be read: cargo's own error explains it better.
    pub(super) async fn rustflags(&self, triple: &str) -> Option<Flags> {
        if self.has_key_in_configuration("include") {
            let answers = probe::ask(self, &[triple]).await?;
            return answers.into_iter().next().map(|answer| answer.flags);
        }
        Some(self.configuration()?.rustflags(triple).ok()?.unwrap_or_default())
    }

    /// The targets among these for which the configuration names a linker.
    pub(super) async fn configured_linkers(&self, triples: &[&str]) -> Vec<String> {
        if self.has_key_in_configuration("include") {
            let answers = probe::ask(self, triples).await.unwrap_or_default();
            let configured = answers.into_iter().filter(|answer| answer.has_linker);
            return configured.map(|Answer { triple, .. }| triple).collect();
        }
        let Some(config) = self.configuration() else { return Vec::new() };
        let has_linker = |triple: &&&str| matches!(config.linker(**triple), Ok(Some(_)));
        triples.iter().filter(has_linker).map(|triple| (*triple).to_owned()).collect()
    }

    /// Whether one of the configuration's files has this top-level key.
    pub(super) fn has_key_in_configuration(&self, key: &str) -> bool {
        self.files_with_key(key).next().is_some()
    }

    /// The configuration's files that have this top-level key.
    pub(super) fn configured(&self, key: &str) -> Vec<toml::Table> {
        self.files_with_key(key).collect()
    }

    fn files_with_key(&self, key: &str) -> impl Iterator<Item = toml::Table> {
        Walk::with_cargo_home(&self.directory, self.home()).filter_map(move |path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            // The default file was parsed above.
            let table: Option<toml::Table> = text.contains(key).then(|| text.parse().ok()).flatten();
            table.filter(|table| table.contains_key(key))
        })
    }

    fn configuration(&self) -> Option<Config> {
        let options =
            ResolveOptions::default().cargo(&self.program).env(self.environment.clone()).cargo_home(self.home());
        Config::load_with_options(&self.directory, options).ok()
    }

    /// The folder where cargo unpacks the sources of registries.
    pub(super) fn home(&self) -> Option<PathBuf> {
        if let Some(home) = self.variable("CARGO_HOME") {
            return Some(self.directory.join(home));
        }
        let home = self.variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" })?;
        Some(PathBuf::from(home).join(".cargo"))
    }
}

/// Whether the flags build for the CPU of the machine that compiles.
pub(super) fn is_for_own_cpu(flags: &Flags) -> bool {
    let flags = &flags.flags;
    let options = flags.iter().enumerate().filter_map(|(index, flag)| match flag.as_str() {
        "-C" | "--codegen" => flags.get(index + 1).map(String::as_str),
        flag => flag.strip_prefix("--codegen=").or_else(|| flag.strip_prefix("-C")),
    });
    // Of several, the compiler takes the last.
    options.filter_map(|option| option.trim_start().strip_prefix("target-cpu=")).next_back() == Some("native")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

    use super::*;

    const X86: &str = "x86_64-unknown-linux-gnu";
    const ARM: &str = "aarch64-unknown-linux-gnu";

    /// A cargo in a folder below these files, with the environment of the test where a compiler is needed.
    fn cargo(folder: &Path, files: &[(&str, &str)], environment: &[(&str, &str)]) -> Cargo {
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let inner = folder.join("inner");
        fs::create_dir_all(&inner).unwrap();
        let program = Path::new(env!("CARGO"));
        let mut variables: BTreeMap<OsString, OsString> = environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .chain(std::env::var_os("PATH").map(|path| ("PATH".into(), path)))
            .collect();
        variables.insert("CARGO_HOME".into(), folder.join("home").into());
        variables.insert("CARGO".into(), program.into());
        variables.insert("RUSTC".into(), program.with_file_name("rustc").into());
        Cargo::new(&variables, &inner, "never", true)
    }

    #[tokio::test]
    async fn the_users_flags_are_found_wherever_they_stand() {
        const FILE: &str = ".cargo/config.toml";
        let build = (FILE, "[build]\nrustflags = [\"--cfg=mine\"]");
        let triple = (FILE, "[target.x86_64-unknown-linux-gnu]\nrustflags = \"--cfg=mine\"");
        let other = (FILE, "[target.aarch64-unknown-linux-gnu]\nrustflags = \"--cfg=other\"");
        for (file, environment, expected) in [
            ((FILE, ""), &[][..], &[][..]),
            (other, &[], &[]),
            (build, &[], &["--cfg=mine"]),
            (triple, &[], &["--cfg=mine"]),
            ((FILE, ""), &[("RUSTFLAGS", "--cfg=mine")], &["--cfg=mine"]),
            ((FILE, ""), &[("CARGO_ENCODED_RUSTFLAGS", "--cfg=mine")], &["--cfg=mine"]),
            (build, &[("RUSTFLAGS", "--cfg=wins")], &["--cfg=wins"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let flags = cargo(folder.path(), &[file], environment).rustflags(X86).await.unwrap();
            assert_eq!(flags.flags, expected, "{file:?} {environment:?}");
        }
    }

    #[tokio::test]
    async fn included_files_count_as_they_do_for_cargo() {
        let folder = tempfile::tempdir().unwrap();
        let files = [
            (
                ".cargo/config.toml",
                "include = [\"../shared/a.toml\", { path = \"none.toml\", optional = true }]\n[build]\nrustflags = [\"--cfg=own\"]\n",
            ),
            ("shared/a.toml", "include = [\"b.toml\"]\n[build]\nrustflags = [\"--cfg=a\"]\n"),
            (
                "shared/b.toml",
                "[build]\nrustflags = [\"--cfg=b\"]\n[target.aarch64-unknown-linux-gnu]\nlinker = \"ld\"\n",
            ),
        ];
        let cargo = cargo(folder.path(), &files, &[]);
        let flags = cargo.rustflags(X86).await.unwrap();
        assert_eq!(flags.flags, ["--cfg=b", "--cfg=a", "--cfg=own"]);
        assert_eq!(cargo.configured_linkers(&[X86, ARM]).await, [ARM]);
        fs::write(folder.path().join("shared/a.toml"), "no TOML").unwrap();
        assert!(cargo.rustflags(X86).await.is_none(), "cargo itself says what is wrong");
    }

    #[test]
    fn the_own_cpu_is_meant_in_every_spelling_and_the_last_one_counts() {
        for (flags, expected) in [
            (&[][..], false),
            (&["-C", "target-cpu=native"], true),
            (&["-Ctarget-cpu=native"], true),
            (&["--codegen", "target-cpu=native"], true),
            (&["--codegen=target-cpu=native"], true),
            (&["-Ctarget-cpu=neoverse-n1"], false),
            (&["-Ctarget-cpu=native", "-Ctarget-cpu=x86-64-v3"], false),
            (&["-Ctarget-cpu=x86-64-v3", "-C", "target-cpu=native"], true),
            (&["-Zx=target-cpu=native", "-Cdebuginfo=1"], false),
            (&["-C"], false),
        ] {
            let flags = Flags::from(flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>());
            assert_eq!(is_for_own_cpu(&flags), expected, "{flags:?}");
        }
    }
}
