//! The invocation: request id, deadline, function ARN and trace id, as the Runtime API sends them.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Arc,
    time::{Duration, SystemTime},
};

use lambda_runtime::Context;

/// One invocation of the function: the data that the Runtime API sends beside the event.
///
/// Cheap to clone.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use zappa_rs_adapter::Invocation;
///
/// let deadline = SystemTime::now() + Duration::from_secs(29);
/// let invocation = Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd").with_deadline(deadline);
/// assert!(invocation.remaining() <= Some(Duration::from_secs(29)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    context: Arc<Context>,
}

impl Invocation {
    /// An invocation without a deadline, as in a test.
    #[must_use]
    pub fn new(request_id: impl Into<String>) -> Self {
        let mut context = Context::default();
        context.request_id = request_id.into();
        Self::from_context(context)
    }

    /// An invocation with a random request id, for requests that do not come through Lambda.
    #[must_use]
    pub fn with_random_id() -> Self {
        // Every `RandomState` has other keys, which is random enough for an id in a log.
        let random = || RandomState::new().build_hasher().finish();
        let (high, low) = (random(), random());
        Self::new(format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        ))
    }

    /// Sets the moment at which Lambda ends the invocation.
    #[must_use]
    pub fn with_deadline(mut self, deadline: SystemTime) -> Self {
        let since_epoch = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let context = Arc::make_mut(&mut self.context);
        context.deadline = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Sets the ARN that was invoked.
    #[must_use]
    pub fn with_function_arn(mut self, arn: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.context).invoked_function_arn = arn.into();
        self
    }

    /// Sets X-Ray's trace id.
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.context).xray_trace_id = Some(trace_id.into());
        self
    }

    /// The id of the invocation, which is also in Lambda's own log lines.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.context.request_id
    }

    /// When Lambda ends the invocation; `None` outside Lambda.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        (self.context.deadline > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(self.context.deadline))
    }

    /// The time that remains until the deadline; `None` without a deadline, zero after it.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The ARN that was invoked, with the alias or version if one was named; empty outside Lambda.
    #[must_use]
    pub fn function_arn(&self) -> &str {
        &self.context.invoked_function_arn
    }

    /// X-Ray's trace id.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.context.xray_trace_id.as_deref()
    }

    /// The tenant, for a function in tenant isolation mode.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        self.context.tenant_id.as_deref()
    }

    /// The context of `lambda_runtime`.
    #[cfg(feature = "lambda-http-ext")]
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// An invocation from the context of `lambda_runtime`.
    pub(crate) fn from_context(context: Context) -> Self {
        Self { context: Arc::new(context) }
    }

    /// The name of the log stream, which is unique to the instance.
    pub(crate) fn log_stream(&self) -> &str {
        &self.context.env_config.log_stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_are_uuids_and_differ() {
        let ids = [Invocation::with_random_id(), Invocation::with_random_id()];
        assert_ne!(ids[0].request_id(), ids[1].request_id());
        for id in ids.iter().map(Invocation::request_id) {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(id[14..].starts_with('4') && matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        }
    }
}
