//! The queues of an emulator in a tool without the feature `deploy`, which polls none.

use std::sync::Arc;

use crate::{
    args::LocalArgs,
    commands::{Context, remote},
    local::{description::Description, queues::Queues},
    report::{Failure, Report},
};

/// Refuses the flag; the environment's variable is left alone.
pub(super) fn of_emulator(
    args: &LocalArgs,
    _: &Description,
    _: &Context,
    _: &Arc<Report>,
) -> Result<Option<Arc<dyn Queues>>, Failure> {
    match args.endpoint_url {
        Some(_) => Err(remote::failure("`--endpoint-url` has no queues to poll")),
        None => Ok(None),
    }
}
