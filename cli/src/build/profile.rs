//! Cargo's profiles: their names and settings, from the workspace's manifest and cargo's configuration.

use std::path::Path;

use super::{Cargo, Error};

/// Cargo's built-in profiles.
const BUILT_IN: [&str; 4] = ["dev", "release", "test", "bench"];

impl Cargo {
    /// The error of an unknown profile: one that is neither built in nor defined by manifest, configuration or environment.
    pub(crate) fn unknown_profile(&self, workspace_root: &Path, name: &str) -> Option<Error> {
        let manifest = std::fs::read_to_string(workspace_root.join("Cargo.toml")).ok()?;
        let mut known: Vec<String> = BUILT_IN.map(str::to_owned).to_vec();
        known.extend(defined(&manifest.parse().ok()?));
        known.extend(self.configured("profile").iter().flat_map(defined));
        known.sort();
        known.dedup();
        // Cargo writes the name in capitals, with `_` for `-`.
        let variable = format!("CARGO_PROFILE_{}_", name.to_uppercase().replace('-', "_"));
        let mut variables = self.environment.keys().filter_map(|name| name.to_str());
        let is_known = known.iter().any(|known| known == name)
            || variables.any(|name| name.starts_with(&variable))
            // Included configuration files are not read here.
            || self.has_key_in_configuration("include");
        (!is_known).then(|| Error::UnknownProfile { name: name.to_owned(), known })
    }
}

/// The names of the profiles that a manifest or a file of cargo's configuration defines.
fn defined(file: &toml::Table) -> Vec<String> {
    let profiles = file.get("profile").and_then(toml::Value::as_table);
    profiles.map(|profiles| profiles.keys().cloned().collect()).unwrap_or_default()
}

/// Whether a panic aborts the process under this profile.
pub(crate) fn aborts_on_panic(workspace_root: &Path, profile: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(workspace_root.join("Cargo.toml")) else { return false };
    aborts(&text, profile)
}

fn aborts(manifest: &str, profile: &str) -> bool {
    let Ok(manifest) = manifest.parse::<toml::Table>() else { return false };
    let mut name = profile;
    // A profile inherits from another until one of Cargo's own.
    for _ in 0..8 {
        let found = manifest.get("profile").and_then(|profiles| profiles.get(name));
        if let Some(strategy) = found.and_then(|profile| profile.get("panic")) {
            return strategy.as_str() == Some("abort");
        }
        match found.and_then(|profile| profile.get("inherits")).and_then(toml::Value::as_str) {
            Some(parent) => name = parent,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strategy_is_the_profiles_own_or_its_parents() {
        let manifest = "
            [profile.release]
            panic = \"abort\"
            [profile.lambda]
            inherits = \"release\"
            [profile.safe]
            inherits = \"release\"
            panic = \"unwind\"
        ";
        for (profile, expected) in [("release", true), ("lambda", true), ("safe", false), ("dev", false)] {
            assert_eq!(aborts(manifest, profile), expected, "{profile}");
        }
    }
}
