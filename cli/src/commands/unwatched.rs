//! The failure of a folder that the system cannot watch.

use std::path::Path;

use crate::report::Failure;

/// The failure, with the limit to raise where that is the reason.
pub(super) fn unwatched(root: &Path, error: notify::Error) -> Failure {
    let sentence = format!("`{}` cannot be watched", root.display());
    let hint = matches!(error.kind, notify::ErrorKind::MaxFilesWatch)
        .then(|| "raise the system's limit: `sysctl fs.inotify.max_user_watches=524288`".to_owned());
    Failure::failed(anyhow::Error::new(error).context(sentence), hint)
}
