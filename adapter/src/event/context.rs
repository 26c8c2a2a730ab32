//! `requestContext`: the fields that identify a source and those that every request needs. The rest stays unparsed.

use crate::{
    json::{Reader, SyntaxError, ValueKind},
    json_str::JsonStr,
};

/// The fields of `requestContext`, and its JSON text.
#[derive(Debug, Default)]
pub(crate) struct ContextFields<'a> {
    pub(crate) raw: &'a str,
    pub(crate) stage: Option<JsonStr<'a>>,
    pub(crate) path: Option<JsonStr<'a>>,
    pub(crate) domain_name: Option<JsonStr<'a>>,
    pub(crate) event_type: Option<JsonStr<'a>>,
    pub(crate) route_key: Option<JsonStr<'a>>,
    pub(crate) resource_path: Option<JsonStr<'a>>,
    pub(crate) has_elb: bool,
    pub(crate) has_service_network: bool,
    pub(crate) has_http: bool,
    pub(crate) http_method: Option<JsonStr<'a>>,
    /// `identity.sourceIp` or `http.sourceIp`.
    pub(crate) source_ip: Option<JsonStr<'a>>,
}

impl<'a> ContextFields<'a> {
    /// Reads the next value; `None` if it is not an object.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, SyntaxError> {
        if reader.kind()? != ValueKind::Object {
            return reader.skip().map(|()| None);
        }
        let (mut fields, raw) = reader.raw_with(|reader| {
            let mut fields = Self::default();
            reader.object(|reader, key| fields.read_field(reader, &key.into_cow()))?;
            Ok(fields)
        })?;
        fields.raw = raw;
        Ok(Some(fields))
    }

    fn read_field(&mut self, reader: &mut Reader<'a>, key: &str) -> Result<(), SyntaxError> {
        match key {
            "stage" => self.stage = reader.text()?,
            "path" => self.path = reader.text()?,
            "domainName" => self.domain_name = reader.text()?,
            "eventType" => self.event_type = reader.text()?,
            "routeKey" => self.route_key = reader.text()?,
            "resourcePath" => self.resource_path = reader.text()?,
            "elb" => {
                self.has_elb = reader.kind()? != ValueKind::Null;
                reader.skip()?;
            }
            "serviceNetworkArn" => {
                self.has_service_network = reader.kind()? != ValueKind::Null;
                reader.skip()?;
            }
            "http" => {
                self.has_http = reader.kind()? == ValueKind::Object;
                self.read_nested(reader)?;
            }
            "identity" => self.read_nested(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    /// Reads the fields of `identity` or `http`.
    fn read_nested(&mut self, reader: &mut Reader<'a>) -> Result<(), SyntaxError> {
        if reader.kind()? != ValueKind::Object {
            return reader.skip();
        }
        reader.object(|reader, key| match &*key.into_cow() {
            "sourceIp" => {
                self.source_ip = reader.text()?;
                Ok(())
            }
            "method" => {
                self.http_method = reader.text()?;
                Ok(())
            }
            _ => reader.skip(),
        })
    }
}
