//! One walk over an event: every field that some source is known by or read from, as a slice of the event.

use super::context::ContextFields;
use crate::{
    contract,
    entries::{self, Entry},
    json::{Body, Fault, Kind, Reader},
    json_str::JsonStr,
};

/// The fields of an event. Absent, `null` and a value of a wrong type are the same: `None`.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) ours: Option<JsonStr<'a>>,
    pub(crate) name: Option<JsonStr<'a>>,
    pub(crate) payload: Option<&'a str>,
    pub(crate) kind: Option<JsonStr<'a>>,
    pub(crate) has_authorized_arn: bool,
    pub(crate) version: Option<JsonStr<'a>>,
    pub(crate) http_method: Option<JsonStr<'a>>,
    pub(crate) method: Option<JsonStr<'a>>,
    pub(crate) path: Option<JsonStr<'a>>,
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
    /// Walks `event`.
    ///
    /// # Errors
    ///
    /// The text is not one JSON object.
    pub(crate) fn read(event: &'a str) -> Result<Self, Fault> {
        let mut fields = Self::default();
        let mut reader = Reader::new(event);
        reader.object(|reader, key| fields.field(reader, &key.into_cow()))?;
        reader.end()?;
        Ok(fields)
    }

    /// The keys of an event that nobody knows, for the error that says so.
    pub(crate) fn keys(event: &'a str) -> Vec<JsonStr<'a>> {
        let mut keys = Vec::new();
        // The text was walked before, so there is no fault left to report.
        let _ = Reader::new(event).object(|reader, key| {
            keys.push(key);
            reader.skip()
        });
        keys
    }

    fn field(&mut self, reader: &mut Reader<'a>, key: &str) -> Result<(), Fault> {
        match key {
            "headers" => {
                self.has_headers = reader.kind()? == Kind::Object;
                self.headers = entries::read(reader)?;
            }
            "multiValueHeaders" => {
                self.has_multi_headers = reader.kind()? == Kind::Object;
                self.multi_headers = entries::read(reader)?;
            }
            "requestContext" => self.context = ContextFields::read(reader)?,
            "body" => self.body = reader.body()?,
            "isBase64Encoded" | "is_base64_encoded" => self.is_base64 = is_true(reader)?,
            "httpMethod" => self.http_method = reader.text()?,
            "method" => self.method = reader.text()?,
            "path" => self.path = reader.text()?,
            "rawPath" => self.raw_path = reader.text()?,
            "raw_path" => self.lattice_path = reader.text()?,
            "rawQueryString" => self.raw_query = reader.text()?,
            "queryStringParameters" | "query_string_parameters" => self.query = object(reader)?,
            "multiValueQueryStringParameters" => self.multi_query = object(reader)?,
            "cookies" => self.cookies = texts(reader)?,
            "stageVariables" => self.stage_variables = object(reader)?,
            "pathParameters" => self.path_parameters = object(reader)?,
            "version" => self.version = reader.text()?,
            "type" => self.kind = reader.text()?,
            "methodArn" | "routeArn" => self.has_authorized_arn |= is_given(reader)?,
            "source" => self.source = reader.text()?,
            "detail-type" => self.has_detail_type = is_given(reader)?,
            "eventSource" => self.event_source = reader.text()?,
            "Records" => self.record_source = record_source(reader)?,
            "awslogs" => self.has_logs = is_given(reader)?,
            "deliveryStreamArn" => self.has_delivery_stream = is_given(reader)?,
            "triggerSource" => self.has_trigger = is_given(reader)?,
            "RequestType" => self.has_request_type = is_given(reader)?,
            "ResponseURL" => self.has_response_url = is_given(reader)?,
            contract::EVENT_KEY => self.ours = reader.text()?,
            contract::NAME_KEY => self.name = reader.text()?,
            contract::PAYLOAD_KEY => self.payload = Some(reader.raw()?),
            _ => reader.skip()?,
        }
        Ok(())
    }
}

fn texts<'a>(reader: &mut Reader<'a>) -> Result<Vec<JsonStr<'a>>, Fault> {
    let mut texts = Vec::new();
    reader.texts(|text| texts.push(text))?;
    Ok(texts)
}

fn object<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a str>, Fault> {
    let is_object = reader.kind()? == Kind::Object;
    let raw = reader.raw()?;
    Ok(is_object.then_some(raw))
}

fn is_given(reader: &mut Reader<'_>) -> Result<bool, Fault> {
    let is_given = reader.kind()? != Kind::Null;
    reader.skip()?;
    Ok(is_given)
}

fn is_true(reader: &mut Reader<'_>) -> Result<bool, Fault> {
    Ok(reader.text()?.is_some_and(|text| text.raw() == "true"))
}

/// The `eventSource` (SNS writes `EventSource`) of the first record.
fn record_source<'a>(reader: &mut Reader<'a>) -> Result<Option<JsonStr<'a>>, Fault> {
    if reader.kind()? != Kind::Array {
        return reader.skip().map(|()| None);
    }
    let mut source = None;
    let mut is_first = true;
    reader.array(|reader| {
        if !std::mem::take(&mut is_first) || reader.kind()? != Kind::Object {
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
