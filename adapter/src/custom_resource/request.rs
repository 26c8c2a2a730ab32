//! The request: what CloudFormation wants of a custom resource.

use std::fmt;

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Map, Value};

use super::{lenient::Lenient, response::CREATE_FAILED};
use crate::error::{Error, Kind};

/// What happens to a custom resource.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq)]
pub enum ResourceChange {
    /// It is created.
    Create,
    /// Its properties change. If the handler responds with another physical id, CloudFormation deletes the old one
    /// afterwards.
    Update,
    /// It is deleted. The handler must succeed for a resource that does not exist.
    Delete,
}

/// A request of CloudFormation for a custom resource, with its properties as a type of the handler's.
///
/// CloudFormation sends every value as text: `Rows: 3` of a template arrives as `"3"`. Numbers and booleans are read
/// from text too. `ServiceToken` and `ServiceTimeout` are not among the properties.
///
/// ```
/// use zappa_rs_adapter::{CustomResource, ResourceChange};
///
/// # #[derive(serde::Deserialize)]
/// # struct Seed;
/// fn describe(request: &CustomResource<Seed>) -> String {
///     match request.change {
///         ResourceChange::Create => format!("create {}", request.logical_id()),
///         ResourceChange::Update => format!("update {}", request.physical_id()),
///         ResourceChange::Delete => format!("delete {}", request.physical_id()),
///     }
/// }
///
/// let request = CustomResource::new(ResourceChange::Create, Seed).with_logical_id("Users");
/// assert_eq!(describe(&request), "create Users");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct CustomResource<T> {
    /// What happens to the resource.
    pub change: ResourceChange,
    /// Its properties, the new ones of an update.
    pub properties: T,
    old_properties: Option<Map<String, Value>>,
    ids: Ids,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ids {
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    resource_type: String,
    physical_resource_id: Option<String>,
}

impl Ids {
    /// The physical id, for a create the default one: the logical id with the unique part of the stack's id, so that a
    /// create that is repeated has the same.
    fn physical_id(&self) -> String {
        match &self.physical_resource_id {
            Some(id) if !id.is_empty() => id.clone(),
            _ => match self.stack_id.rsplit('/').next() {
                Some(stack) if !stack.is_empty() => format!("{}-{stack}", self.logical_resource_id),
                _ => self.logical_resource_id.clone(),
            },
        }
    }
}

impl<T> CustomResource<T> {
    /// A request, as in a test of a handler.
    #[must_use]
    pub fn new(change: ResourceChange, properties: T) -> Self {
        Self { change, properties, old_properties: None, ids: Ids::default() }
    }

    /// Sets the logical id.
    #[must_use]
    pub fn with_logical_id(mut self, id: impl Into<String>) -> Self {
        self.ids.logical_resource_id = id.into();
        self
    }

    /// Sets the physical id.
    #[must_use]
    pub fn with_physical_id(mut self, id: impl Into<String>) -> Self {
        self.ids.physical_resource_id = Some(id.into());
        self
    }

    /// The resource's name in the template.
    #[must_use]
    pub fn logical_id(&self) -> &str {
        &self.ids.logical_resource_id
    }

    /// The physical id: of a create the one that it gets if the handler names no other, else the one that the create
    /// responded with. If that response was never sent, as after an instance without memory, CloudFormation makes up an
    /// id for the delete.
    #[must_use]
    pub fn physical_id(&self) -> String {
        self.ids.physical_id()
    }

    /// The type, such as `Custom::Seed` or `AWS::CloudFormation::CustomResource`.
    #[must_use]
    pub fn resource_type(&self) -> &str {
        &self.ids.resource_type
    }

    /// The stack's ARN.
    #[must_use]
    pub fn stack_id(&self) -> &str {
        &self.ids.stack_id
    }

    /// CloudFormation's id of the request, which is the same when it is delivered again.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.ids.request_id
    }

    /// The properties before an update; `None` of a create and of a delete.
    ///
    /// # Errors
    ///
    /// They do not fit `O`, for example since an older release wrote them.
    pub fn old_properties<O: DeserializeOwned>(&self) -> Result<Option<O>, Error> {
        let read = |properties: &Map<String, Value>| {
            O::deserialize(Lenient(Value::Object(properties.clone()))).map_err(|error| {
                let name = format!("`old_properties` of `{}`", self.logical_id());
                Error::with_source(Kind::Payload(name), error)
            })
        };
        self.old_properties.as_ref().map(read).transpose()
    }
}

/// Without the properties, which may be secret.
impl<T> fmt::Debug for CustomResource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomResource")
            .field("change", &self.change)
            .field("resource_type", &self.ids.resource_type)
            .field("logical_id", &self.ids.logical_resource_id)
            .field("physical_id", &self.ids.physical_id())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    request_type: ResourceChange,
    #[serde(default)]
    resource_properties: Map<String, Value>,
    old_resource_properties: Option<Map<String, Value>>,
    #[serde(flatten)]
    ids: Ids,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for CustomResource<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Request { request_type, resource_properties, old_resource_properties, ids } =
            Request::deserialize(deserializer)?;
        let properties = T::deserialize(Lenient(Value::Object(own(resource_properties))));
        let properties = properties.map_err(|error| D::Error::custom(format!("`ResourceProperties`: {error}")))?;
        Ok(Self { change: request_type, properties, old_properties: old_resource_properties.map(own), ids })
    }
}

/// The properties without those that are CloudFormation's own.
fn own(mut properties: Map<String, Value>) -> Map<String, Value> {
    properties.remove("ServiceToken");
    properties.remove("ServiceTimeout");
    properties
}

/// What is needed to respond to a request, whatever its properties are.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    request_type: ResourceChange,
    /// Presigned: whoever has it can respond.
    #[serde(rename = "ResponseURL")]
    pub(super) response_url: String,
    #[serde(flatten)]
    ids: Ids,
}

impl Envelope {
    pub(super) fn read(event: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(event).map_err(|error| Error::with_source(Kind::Malformed, error))
    }

    /// The names under which a handler can be registered.
    pub(super) fn names(&self) -> [&str; 3] {
        let Ids { resource_type, logical_resource_id, .. } = &self.ids;
        [resource_type, resource_type.strip_prefix("Custom::").unwrap_or(resource_type), logical_resource_id]
    }

    pub(super) fn resource_type(&self) -> &str {
        &self.ids.resource_type
    }

    pub(super) fn is_create(&self) -> bool {
        self.request_type == ResourceChange::Create
    }

    pub(super) fn is_delete(&self) -> bool {
        self.request_type == ResourceChange::Delete
    }

    /// Whether this is the delete of a resource whose create failed: CloudFormation rolls back what it believes to
    /// exist.
    pub(super) fn is_delete_of_failed_create(&self) -> bool {
        self.is_delete() && self.ids.physical_resource_id.as_deref().is_some_and(|id| id.starts_with(CREATE_FAILED))
    }

    pub(super) fn stack_id(&self) -> &str {
        &self.ids.stack_id
    }

    pub(super) fn request_id(&self) -> &str {
        &self.ids.request_id
    }

    pub(super) fn logical_id(&self) -> &str {
        &self.ids.logical_resource_id
    }

    pub(super) fn physical_id(&self) -> String {
        self.ids.physical_id()
    }
}
