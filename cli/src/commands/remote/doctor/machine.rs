//! The facts about this machine: toolchain, proxies, certificates.

use super::{Context, bounded, late, subject::Subject};
use crate::{
    aws::{self, Access, Proxy},
    build::{BuildMethod, lambda::Tools},
    doctor::{self, Finding},
    settings::{Builder, Stage},
};

const TARGET: &str = "target";
const PROXIES: &str = "proxies";
const CERTIFICATES: &str = "certificates";

/// Whether this machine can build the stage, or without one what the defaults build.
pub(super) async fn toolchain(subject: &Subject, cx: &Context) -> Vec<Finding> {
    let default = Stage::default();
    let (stage, folder) = match &subject.stage {
        Ok(resolved) => (resolved.selection.primary(), resolved.selection.path.parent()),
        Err(_) => (&default, None),
    };
    if stage.builder == Builder::Command {
        let line = stage.build_command.as_deref().unwrap_or_default();
        return ["rust", TARGET].map(|name| Finding::skipped(name, format!("the stage is built by `{line}`"))).into();
    }
    let cargo = cx.cargo.in_directory(folder.unwrap_or(&cx.directory));
    let find = async { tokio::join!(cargo.version(), Tools::find(&cargo, stage.builder)) };
    let Ok((version, tools)) = tokio::time::timeout(super::TIMEOUT, find).await else {
        return vec![late("rust"), late(TARGET)];
    };
    let rust = doctor::rust(version.as_deref(), tools.rustc.as_deref());
    let target = if tools.rustc.is_none() {
        Finding::skipped(TARGET, "there is no rustc")
    } else {
        match BuildMethod::choose(stage.builder, stage.architecture, stage.target.as_deref(), &tools) {
            Ok(method) => Finding::ok(TARGET, format!("builds for {method}")),
            Err(error) => Finding::failed(TARGET, error.to_string(), error.hint().unwrap_or_default()),
        }
    };
    vec![rust, target]
}

/// How the network is reached: proxies and certificates.
pub(super) async fn network(access: &Access, cx: &Context) -> Vec<Finding> {
    let proxies = match aws::proxies(&cx.environment) {
        Ok(found) if found.is_empty() => Finding::ok(PROXIES, "none"),
        Ok(found) => {
            let shown: Vec<String> = found.iter().map(Proxy::to_string).collect();
            Finding::ok(PROXIES, shown.join(" and "))
        }
        Err(error) => failed(PROXIES, &error),
    };
    let certificates = async {
        match access.certificates().await {
            Ok(None) => Finding::ok(CERTIFICATES, "the system's"),
            Ok(Some((origin, path))) => Finding::ok(CERTIFICATES, format!("`{}` of `{origin}`", path.display())),
            Err(error) => failed(CERTIFICATES, &error),
        }
    };
    vec![proxies, bounded(CERTIFICATES, certificates).await]
}

/// An error of a call as a failed check.
fn failed(name: &'static str, error: &aws::Error) -> Finding {
    Finding::failed(name, chain(error), error.hint().unwrap_or_default())
}

/// The error with its causes, in one sentence.
pub(super) fn chain(error: &aws::Error) -> String {
    let mut sentence = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !sentence.ends_with(&text) {
            sentence = format!("{sentence}: {text}");
        }
        source = cause.source();
    }
    sentence
}
