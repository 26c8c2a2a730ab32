//! A deploy whose calls AWS refuses, and what is asserted of it.

use std::time::Duration;

use crate::{
    stage::{Ended, Stage},
    support::{
        call::Call,
        proxy::{Fault, Proxy},
    },
};

/// The first `deploy` of a stage whose calls are refused by a rule.
pub(crate) fn deploy_refused(
    settings: &str,
    rule: impl Fn(&Call) -> Option<Fault> + Send + Sync + 'static,
) -> (Stage, Ended) {
    let mut stage = Stage::new(settings);
    let proxy = Proxy::with(stage.account.address(), Duration::ZERO, rule);
    stage.through(proxy.address());
    let ended = stage.with(&["deploy"], "one");
    stage.through(stage.account.address());
    (stage, ended)
}

/// The command failed, printed nothing to stdout, and these words to stderr.
pub(crate) fn assert_failed(ended: &Ended, words: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    for words in words {
        assert!(ended.stderr.contains(words), "no `{words}`: {}", ended.stderr);
    }
}

/// Neither a stack nor a bucket was created.
pub(crate) fn assert_untouched(stage: &Stage) {
    let count = |args: &[&str], list: &str| stage.account.aws(args)[list].as_array().map(Vec::len);
    assert_eq!(count(&["cloudformation", "describe-stacks"], "Stacks"), Some(0));
    assert_eq!(count(&["s3api", "list-buckets"], "Buckets"), Some(0));
}
