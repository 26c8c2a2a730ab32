//! Rust: whether it is there, and new enough for the crate.

use super::Finding;

/// The oldest Rust that compiles the crate `zappa-rs`.
const OLDEST: &str = "1.88";
/// The oldest Rust for the crate's features that need AWS's crates.
const OLDEST_FOR_AWS: &str = env!("CARGO_PKG_RUST_VERSION");

/// What the versions of cargo and rustc mean; `None` where one cannot be run.
pub(crate) fn rust(cargo: Option<&str>, rustc: Option<&str>) -> Finding {
    const NAME: &str = "rust";
    let hint = "install Rust from https://rustup.rs, or set `CARGO` to the cargo to use";
    let Some(cargo) = cargo else { return Finding::failed(NAME, "cargo cannot be run", hint) };
    let Some(rustc) = rustc else { return Finding::failed(NAME, format!("{cargo} is here, rustc is not"), hint) };
    let is_older = |oldest: &str| number(rustc) < number(oldest);
    if is_older(OLDEST) {
        let sentence = format!("rustc is {rustc}, and the crate `zappa-rs` needs {OLDEST}");
        return Finding::failed(NAME, sentence, "`rustup update` installs the newest");
    }
    if is_older(OLDEST_FOR_AWS) {
        let sentence = format!(
            "rustc is {rustc}; the features `secrets`, `websocket` and `idempotency` of the crate need {OLDEST_FOR_AWS}"
        );
        return Finding::warning(NAME, sentence, "`rustup update` installs the newest, if the app uses one of them");
    }
    Finding::ok(NAME, format!("{cargo}, rustc {rustc}"))
}

/// The numbers of a version; what is behind them, as `-nightly`, does not count.
fn number(version: &str) -> Vec<u32> {
    let numbers = version.split(['.', '-', '+', ' ']).map_while(|part| part.parse().ok());
    numbers.chain(std::iter::repeat(0)).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn an_older_rust_is_a_failure_or_a_warning() {
        let cargo = Some("cargo 1.95.0");
        for (cargo, rustc, state, part) in [
            (cargo, Some("1.95.0"), State::Ok, "cargo 1.95.0, rustc 1.95.0"),
            (cargo, Some("1.100.0-nightly"), State::Ok, "nightly"),
            (cargo, Some("1.94.1"), State::Ok, ""),
            (cargo, Some("1.94.0"), State::Warning, "1.94.1"),
            (cargo, Some("1.88.0"), State::Warning, "`secrets`"),
            (cargo, Some("1.87.9"), State::Failed, "needs 1.88"),
            (cargo, Some("1.9.0"), State::Failed, "needs 1.88"),
            (cargo, None, State::Failed, "rustc is not"),
            (None, Some("1.95.0"), State::Failed, "cargo cannot be run"),
        ] {
            let finding = rust(cargo, rustc);
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.sentence.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn the_versions_are_those_of_the_manifests() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.contains(&format!("\nrust-version = \"{OLDEST}\"\n")));
        for feature in ["idempotency", "secrets", "websocket"] {
            assert!(manifest.contains(&format!("\n{feature} = \"{OLDEST_FOR_AWS}\"\n")), "{feature}");
        }
    }
}
