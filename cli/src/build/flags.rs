//! Keeps the folders of this machine out of a binary, so that the same source is the same binary wherever it lies.
//!
//! The compiler writes paths into panics and debug information, and `--remap-path-prefix` replaces them. Cargo takes flags
//! from the first of four places that has any and joins none, so ours stand behind what the user's place says. The way of
//! cargo's own for this, `trim-paths`, is not stable.
//!
//! One folder is out of reach: zig compiles parts of its C library itself and names the folder of the build in their debug
//! information, so a profile that keeps debug information is the same by zig in one folder only.

use std::path::PathBuf;

use cargo_config2::{Config, ResolveOptions};

use super::{Cargo, Target};

impl Cargo {
    /// The user's flags for `triple` with ours behind them, as `CARGO_ENCODED_RUSTFLAGS` takes them. `None` where the
    /// configuration cannot be read, which cargo will say better.
    pub(super) fn flags_without_folders(&self, target: &Target, triple: &str) -> Option<String> {
        let mut flags = self.configuration()?.rustflags(triple).ok()?.unwrap_or_default();
        // Of several that fit, the compiler takes the last.
        let folders = [
            (self.home(), "/cargo"),
            (Some(target.workspace_root.clone()), "/app"),
            (target.build_directory.clone(), "/target"),
            (Some(target.target_directory.clone()), "/target"),
        ];
        for (folder, name) in folders {
            if let Some(folder) = folder.as_ref().and_then(|folder| folder.to_str()) {
                flags.push(format!("--remap-path-prefix={folder}={name}"));
            }
        }
        flags.encode().ok()
    }

    /// Those of the triples that the configuration names a linker for.
    pub(super) fn configured_linkers(&self, triples: &[&str]) -> Vec<String> {
        let Some(config) = self.configuration() else { return Vec::new() };
        let has_linker = |triple: &&&str| matches!(config.linker(**triple), Ok(Some(_)));
        triples.iter().filter(has_linker).map(|triple| (*triple).to_owned()).collect()
    }

    fn configuration(&self) -> Option<Config> {
        let options =
            ResolveOptions::default().cargo(&self.program).env(self.environment.clone()).cargo_home(self.home());
        Config::load_with_options(&self.directory, options).ok()
    }

    /// Where registries are unpacked.
    fn home(&self) -> Option<PathBuf> {
        if let Some(home) = self.variable("CARGO_HOME") {
            return Some(self.directory.join(home));
        }
        let home = self.variable(if cfg!(windows) { "USERPROFILE" } else { "HOME" })?;
        Some(PathBuf::from(home).join(".cargo"))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

    use super::*;
    use crate::build::TargetKind;

    /// The flags behind the user's own.
    const OURS: [&str; 4] = [
        "--remap-path-prefix=/home/me/.cargo=/cargo",
        "--remap-path-prefix=/w=/app",
        "--remap-path-prefix=/b=/target",
        "--remap-path-prefix=/w/target=/target",
    ];

    fn flags(config: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        fs::write(folder.path().join(".cargo/config.toml"), config).unwrap();
        let mut variables: BTreeMap<OsString, OsString> =
            environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        variables.insert("HOME".into(), "/home/me".into());
        variables.insert("CARGO_HOME".into(), "/home/me/.cargo".into());
        let target = Target {
            package_id: String::new(),
            manifest_path: PathBuf::new(),
            kind: TargetKind::Bin,
            name: String::new(),
            workspace_root: "/w".into(),
            target_directory: "/w/target".into(),
            build_directory: Some("/b".into()),
        };
        let cargo = Cargo::new(&variables, Path::new(folder.path()), "never", true);
        let flags = cargo.flags_without_folders(&target, "x86_64-unknown-linux-gnu").unwrap();
        flags.split('\u{1f}').map(str::to_owned).collect()
    }

    #[test]
    fn the_users_flags_stay_wherever_they_stand() {
        let own = "--cfg=mine";
        let build = "[build]\nrustflags = [\"--cfg=mine\"]";
        let triple = "[target.x86_64-unknown-linux-gnu]\nrustflags = \"--cfg=mine\"";
        let other = "[target.aarch64-unknown-linux-gnu]\nrustflags = \"--cfg=other\"";
        for (config, environment, expected) in [
            ("", &[][..], None),
            (other, &[], None),
            (build, &[], Some(own)),
            (triple, &[], Some(own)),
            ("", &[("RUSTFLAGS", own)], Some(own)),
            ("", &[("CARGO_ENCODED_RUSTFLAGS", own)], Some(own)),
            (build, &[("RUSTFLAGS", "--cfg=wins")], Some("--cfg=wins")),
        ] {
            let expected: Vec<&str> = expected.into_iter().chain(OURS).collect();
            assert_eq!(flags(config, environment), expected, "{config} {environment:?}");
        }
    }
}
