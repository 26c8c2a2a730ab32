//! Compiler flags for reproducible builds: they keep this machine's folders out of the binary, so that the same source is the
//! same binary in every folder.
//!
//! The compiler writes paths into panics and debug information, and `--remap-path-prefix` replaces them. Cargo takes flags
//! from the first of four sources that has any and merges none, so our flags are appended to the user's. Cargo's own option,
//! `trim-paths`, is not stable.
//!
//! So the same source is the same binary in every folder if all path dependencies lie inside of the workspace. The folder of
//! one outside is not in the binary either, but cargo hashes it into the names of symbols (the dependency's, and those of all
//! that depend on it), and no stable option leaves it out: two such builds are equal only where each dependency outside lies
//! in the same folder, wherever the workspace does. `check` names such dependencies.
//!
//! One folder more is out of reach: zig compiles parts of its C library itself and names the folder of the build in their debug
//! information, so a profile that keeps debug information is the same by zig in one folder only.

use std::path::PathBuf;

use cargo_config2::Flags;

use super::{Cargo, Target, roots::Root};

impl Cargo {
    /// The user's flags with ours appended, in the form of `CARGO_ENCODED_RUSTFLAGS`. `outside` are the source roots
    /// outside of the workspace.
    pub(super) fn flags_without_folders(&self, mut flags: Flags, target: &Target, outside: &[Root]) -> Option<String> {
        let usual = [
            (self.home(), "/cargo"),
            (Some(target.workspace_root.clone()), "/app"),
            (target.build_directory.clone(), "/target"),
            (Some(target.target_directory.clone()), "/target"),
        ];
        let usual = usual.into_iter().filter_map(|(folder, name)| Some((folder?, name.to_owned())));
        let outside = outside.iter().map(|root| (root.folder.clone(), root.name.clone()));
        let mut folders: Vec<(PathBuf, String)> = outside.chain(usual).collect();
        // Of several prefixes that match, the compiler takes the last: a nested folder has a name of its own.
        folders.sort_by_key(|(folder, _)| folder.components().count());
        for (folder, name) in folders {
            if let Some(folder) = folder.to_str() {
                flags.push(format!("--remap-path-prefix={folder}={name}"));
            }
        }
        flags.encode().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, path::Path};

    use super::*;
    use crate::build::TargetKind;

    #[test]
    fn every_folder_has_a_name_inner_ones_last_and_the_users_flags_stand_before_ours() {
        let variables: BTreeMap<OsString, OsString> = [("CARGO_HOME".into(), "/home/me/.cargo".into())].into();
        let target = Target {
            package_id: String::new(),
            manifest_path: "/w/Cargo.toml".into(),
            kind: TargetKind::Bin,
            name: String::new(),
            workspace_root: "/w".into(),
            target_directory: "/w/target".into(),
            build_directory: Some("/b".into()),
            package: "app".to_owned(),
            features: Vec::new(),
        };
        let cargo = Cargo::new(&variables, Path::new("/w"), "never", true);
        let own = Flags::from(vec!["--cfg=mine".to_owned()]);
        let root = |folder: &str, name: &str| Root { folder: folder.into(), name: name.to_owned() };
        let outside = [root("/x/y/shared", "/dep/shared"), root("/", "/dep/all")];
        let flags = cargo.flags_without_folders(own, &target, &outside).unwrap();
        let expected = [
            "--cfg=mine",
            "--remap-path-prefix=/=/dep/all",
            "--remap-path-prefix=/w=/app",
            "--remap-path-prefix=/b=/target",
            "--remap-path-prefix=/w/target=/target",
            "--remap-path-prefix=/x/y/shared=/dep/shared",
            "--remap-path-prefix=/home/me/.cargo=/cargo",
        ];
        assert_eq!(flags.split('\u{1f}').collect::<Vec<_>>(), expected);
    }
}
