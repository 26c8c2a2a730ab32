//! The env file of `local`: the one that `--env-file` names, or the stage's own.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::{args::LocalArgs, commands::Context, local::env_file, report::Failure};

/// An env file and its variables.
#[derive(Clone, Default)]
pub(super) struct EnvFile {
    /// Where it is or would be.
    pub(super) path: Option<PathBuf>,
    pub(super) variables: BTreeMap<String, String>,
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may be secrets.
        f.debug_struct("EnvFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads the file that the flag names, or else `own`, the stage's, if it exists. `before` was read for the last build.
pub(super) fn read(
    args: &LocalArgs,
    cx: &Context,
    own: Option<&Path>,
    before: Option<&EnvFile>,
) -> Result<EnvFile, Failure> {
    let path = match (&args.env_file, own) {
        (Some(named), _) => cx.directory.join(named),
        (None, Some(own)) if fs::symlink_metadata(own).is_ok() => own.to_owned(),
        (None, own) => return Ok(EnvFile { path: own.map(Path::to_owned), ..EnvFile::default() }),
    };
    let is_pipe = fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    if let Some(before) = before.filter(|before| is_pipe && before.path.as_ref() == Some(&path)) {
        // A pipe has been read; a second read returns nothing or blocks.
        return Ok(before.clone());
    }
    let variables = env_file::read(&path).map_err(|error| {
        let hint = error.hint();
        Failure::usage(error, Some(hint))
    })?;
    Ok(EnvFile { path: Some(path), variables })
}
