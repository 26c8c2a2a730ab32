//! What a Cargo profile says, read from the workspace's manifest.

use std::path::Path;

/// Whether a panic ends the process under this profile.
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
