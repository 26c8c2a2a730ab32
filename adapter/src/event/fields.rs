//! The fields of an event, read in one pass: every field that identifies a source or that a request is built from.

use super::context::ContextFields;
use crate::{
    contract,
    entries::{self, Entry},
    json::{Body, Reader, SyntaxError, ValueKind},
    json_str::JsonStr,
};

/// The fields of an event, as slices of it. An absent field, `null` and a value of a wrong type are all `None`.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) own_event: Option<JsonStr<'a>>,
    pub(crate) name: Option<JsonStr<'a>>,
    pub(crate) payload: Option<&'a str>,
    pub(crate) event_type: Option<JsonStr<'a>>,
    pub(crate) has_authorized_arn: bool,
    pub(crate) version: Option<JsonStr<'a>>,
    pub(crate) http_method: Option<JsonStr<'a>>,
    pub(crate) method: Option<JsonStr<'a>>,
    pub(crate) path: Option<JsonStr<'a>>,
    /// The resource of a REST API, with its variables: `/items/{id}`.
    pub(crate) resource: Option<JsonStr<'a>>,
    pub(crate) raw_path: Option<JsonStr<'a>>,
    pub(crate) lattice_path: Option<JsonStr<'a>>,
    pub(crate) raw_query: Option<JsonStr<'a>>,
    pub(crate) has_headers: bool,
    pub(crate) headers: Vec<Entry<'a>>,
    pub(crate) has_multi_headers: bool,
    pub(crate) multi_headers: Vec<Entry<'a>>,
    pub(crate) query: Option<&'a str>,
    pub(crate) multi_query: Option<&'a str>,
    pub(crate) cookies: Vec<JsonStr<'a>>,
    pub(crate) body: Option<Body<'a>>,
    pub(crate) is_base64: bool,
    pub(crate) context: Option<ContextFields<'a>>,
    pub(crate) stage_variables: Option<&'a str>,
    pub(crate) path_parameters: Option<&'a str>,
    pub(crate) source: Option<JsonStr<'a>>,
    pub(crate) has_detail_type: bool,
    pub(crate) event_source: Option<JsonStr<'a>>,
    pub(crate) record_source: Option<JsonStr<'a>>,
    pub(crate) has_logs: bool,
    pub(crate) has_delivery_stream: bool,
    pub(crate) has_trigger: bool,
    pub(crate) has_request_type: bool,
    pub(crate) has_response_url: bool,
}

impl<'a> Fields<'a> {
    /// Reads an event.
    ///
    /// # Errors
    ///
    /// The text is not one JSON object.
    pub(crate) fn read(event: &'a str) -> Result<Self, SyntaxError> {
        let mut fields = Self::default();
        let mut reader = Reader::new(event);
        reader.object(|reader, key| fields.read_field(reader, &key.into_cow()))?;
        reader.end()?;
        Ok(fields)
    }

    /// Lists the top-level keys of an event, for the error of an unknown source.
    pub(crate) fn keys(event: &'a str) -> Vec<JsonStr<'a>> {
        let mut keys = Vec::new();
        // The text was read successfully before, so this cannot fail.
        let _ = Reader::new(event).object(|reader, key| {
            keys.push(key);
            reader.skip()
        });
        keys
    }

    fn read_field(&mut self, reader: &mut Reader<'a>, key: &str) -> Result<(), SyntaxError> {
        match key {
            "headers" => {
                self.has_headers = reader.kind()? == ValueKind::Object;
                self.headers = entries::read(reader)?;
            }
            "multiValueHeaders" => {
                self.has_multi_headers = reader.kind()? == ValueKind::Object;
                self.multi_headers = entries::read(reader)?;
            }
            "requestContext" => self.context = ContextFields::read(reader)?,
            "body" => self.body = reader.body()?,
            "isBase64Encoded" | "is_base64_encoded" => self.is_base64 = is_true(reader)?,
            "httpMethod" => self.http_method = reader.text()?,
            "method" => self.method = reader.text()?,
            "path" => self.path = reader.text()?,
            "resource" => self.resource = reader.text()?,
            "rawPath" => self.raw_path = reader.text()?,
            "raw_path" => self.lattice_path = reader.text()?,
            "rawQueryString" => self.raw_query = reader.text()?,
            "queryStringParameters" | "query_string_parameters" => self.query = object(reader)?,
            "multiValueQueryStringParameters" => self.multi_query = object(reader)?,
            "cookies" => self.cookies = text_list(reader)?,
            "stageVariables" => self.stage_variables = object(reader)?,
            "pathParameters" => self.path_parameters = object(reader)?,
            "version" => self.version = reader.text()?,
            "type" => self.event_type = reader.text()?,
            "methodArn" | "routeArn" => self.has_authorized_arn |= is_present(reader)?,
            "source" => self.source = reader.text()?,
            "detail-type" => self.has_detail_type = is_present(reader)?,
            "eventSource" => self.event_source = reader.text()?,
            "Records" => self.record_source = record_source(reader)?,
            "awslogs" => self.has_logs = is_present(reader)?,
            "deliveryStreamArn" => self.has_delivery_stream = is_present(reader)?,
            "triggerSource" => self.has_trigger = is_present(reader)?,
            "RequestType" => self.has_request_type = is_present(reader)?,
            "ResponseURL" => self.has_response_url = is_present(reader)?,
            contract::EVENT_KEY => self.own_event = reader.text()?,
            contract::NAME_KEY => self.name = reader.text()?,
            contract::PAYLOAD_KEY => self.payload = Some(reader.raw()?),
            _ => reader.skip()?,
        }
        Ok(())
    }
}

/// Reads a value or a list of values as texts.
fn text_list<'a>(reader: &mut Reader<'a>) -> Result<Vec<JsonStr<'a>>, SyntaxError> {
    let mut texts = Vec::new();
    reader.texts(|text| texts.push(text))?;
    Ok(texts)
}

/// Reads the JSON text of an object; `None` for other values.
fn object<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a str>, SyntaxError> {
    let is_object = reader.kind()? == ValueKind::Object;
    let raw = reader.raw()?;
    Ok(is_object.then_some(raw))
}

/// Whether the next value is not `null`.
fn is_present(reader: &mut Reader<'_>) -> Result<bool, SyntaxError> {
    let is_present = reader.kind()? != ValueKind::Null;
    reader.skip()?;
    Ok(is_present)
}

fn is_true(reader: &mut Reader<'_>) -> Result<bool, SyntaxError> {
    Ok(reader.text()?.is_some_and(|text| text.raw() == "true"))
}

/// Reads the `eventSource` (SNS: `EventSource`) of the first record.
fn record_source<'a>(reader: &mut Reader<'a>) -> Result<Option<JsonStr<'a>>, SyntaxError> {
    if reader.kind()? != ValueKind::Array {
        return reader.skip().map(|()| None);
    }
    let mut source = None;
    let mut is_first = true;
    reader.array(|reader| {
        if !std::mem::take(&mut is_first) || reader.kind()? != ValueKind::Object {
            return reader.skip();
        }
        reader.object(|reader, key| match &*key.into_cow() {
            "eventSource" | "EventSource" => {
                source = reader.text()?;
                Ok(())
            }
            _ => reader.skip(),
        })
    })?;
    Ok(source)
}
