//! The resources of a stack: which of the template's resources is which of the account's.

use super::{Error, Region};

/// A resource of a stack that exists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackResource {
    pub(crate) logical_id: String,
    /// Its name or ARN in the account.
    pub(crate) physical_id: String,
    /// Its type, such as `AWS::Logs::LogGroup`.
    pub(crate) kind: String,
}

impl Region {
    /// The resources of a stack, a call for each hundred.
    pub(crate) async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, Error> {
        let call = self.call("cloudformation:ListStackResources", stack);
        let (mut resources, mut token) = (Vec::new(), None);
        loop {
            let list = self.cloudformation().list_stack_resources().stack_name(stack).set_next_token(token);
            let page = call.send(list.send()).await?;
            for summary in page.stack_resource_summaries.unwrap_or_default() {
                // A resource that was only begun has no id.
                if let (Some(logical_id), Some(physical_id), Some(kind)) =
                    (summary.logical_resource_id, summary.physical_resource_id, summary.resource_type)
                {
                    resources.push(StackResource { logical_id, physical_id, kind });
                }
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(resources);
            }
        }
    }
}
