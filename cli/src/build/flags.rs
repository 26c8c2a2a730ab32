//! Keeps the folders of this machine out of a binary, so that the same source is the same binary wherever it lies.
//!
//! The compiler writes paths into panics and debug information, and `--remap-path-prefix` replaces them. Cargo takes flags
//! from the first of four places that has any and joins none, so ours stand behind what the user's place says. The way of
//! cargo's own for this, `trim-paths`, is not stable.
//!
//! One folder is out of reach: zig compiles parts of its C library itself and names the folder of the build in their debug
//! information, so a profile that keeps debug information is the same by zig in one folder only.

use cargo_config2::Flags;

use super::{Cargo, Target};

impl Cargo {
    /// The user's flags with ours behind them, as `CARGO_ENCODED_RUSTFLAGS` takes them.
    pub(super) fn flags_without_folders(&self, mut flags: Flags, target: &Target) -> Option<String> {
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
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString, path::Path};

    use super::*;
    use crate::build::TargetKind;

    #[test]
    fn every_folder_has_a_name_and_the_users_flags_stand_before_ours() {
        let variables: BTreeMap<OsString, OsString> = [("CARGO_HOME".into(), "/home/me/.cargo".into())].into();
        let target = Target {
            package_id: String::new(),
            manifest_path: "/w/Cargo.toml".into(),
            kind: TargetKind::Bin,
            name: String::new(),
            workspace_root: "/w".into(),
            target_directory: "/w/target".into(),
            build_directory: Some("/b".into()),
        };
        let cargo = Cargo::new(&variables, Path::new("/w"), "never", true);
        let own = Flags::from(vec!["--cfg=mine".to_owned()]);
        let flags = cargo.flags_without_folders(own, &target).unwrap();
        let expected = [
            "--cfg=mine",
            "--remap-path-prefix=/home/me/.cargo=/cargo",
            "--remap-path-prefix=/w=/app",
            "--remap-path-prefix=/b=/target",
            "--remap-path-prefix=/w/target=/target",
        ];
        assert_eq!(flags.split('\u{1f}').collect::<Vec<_>>(), expected);
    }
}
