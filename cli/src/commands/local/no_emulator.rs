//! The emulator of AWS in a tool without the feature `deploy`, which has none.

use std::sync::Arc;

use crate::{
    args::LocalArgs,
    commands::{Context, remote},
    local::{description::Description, emulator::Emulator},
    report::{Failure, Report},
};

/// Refuses the flag; the environment's variable is left alone.
pub(super) fn open(
    args: &LocalArgs,
    _: &Description,
    _: &Context,
    _: &Arc<Report>,
) -> Result<Option<Arc<dyn Emulator>>, Failure> {
    match args.endpoint_url {
        Some(_) => Err(remote::failure("`--endpoint-url` has no queues to poll")),
        None => Ok(None),
    }
}
