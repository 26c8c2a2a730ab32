//! `requestContext`: what identifies a source and what every request needs. The rest stays raw until somebody asks.

use crate::{
    json::{Fault, Kind, Reader},
    json_str::JsonStr,
};

/// The fields of `requestContext`, and the whole as it stands.
#[derive(Debug, Default)]
pub(crate) struct ContextFields<'a> {
    pub(crate) raw: &'a str,
    pub(crate) stage: Option<JsonStr<'a>>,
    pub(crate) path: Option<JsonStr<'a>>,
    pub(crate) domain_name: Option<JsonStr<'a>>,
    pub(crate) event_type: Option<JsonStr<'a>>,
    pub(crate) route_key: Option<JsonStr<'a>>,
    pub(crate) has_elb: bool,
    pub(crate) has_service_network: bool,
    pub(crate) has_http: bool,
    pub(crate) http_method: Option<JsonStr<'a>>,
    /// `identity.sourceIp` or `http.sourceIp`.
    pub(crate) source_ip: Option<JsonStr<'a>>,
}

impl<'a> ContextFields<'a> {
    /// Walks the next value; anything but an object is no context.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Fault> {
        if reader.kind()? != Kind::Object {
            return reader.skip().map(|()| None);
        }
        let (mut fields, raw) = reader.raw_with(|reader| {
            let mut fields = Self::default();
            reader.object(|reader, key| fields.field(reader, &key.into_cow()))?;
            Ok(fields)
        })?;
        fields.raw = raw;
        Ok(Some(fields))
    }

    fn field(&mut self, reader: &mut Reader<'a>, key: &str) -> Result<(), Fault> {
        match key {
            "stage" => self.stage = reader.text()?,
            "path" => self.path = reader.text()?,
            "domainName" => self.domain_name = reader.text()?,
            "eventType" => self.event_type = reader.text()?,
            "routeKey" => self.route_key = reader.text()?,
            "elb" => {
                self.has_elb = reader.kind()? != Kind::Null;
                reader.skip()?;
            }
            "serviceNetworkArn" => {
                self.has_service_network = reader.kind()? != Kind::Null;
                reader.skip()?;
            }
            "http" => {
                self.has_http = reader.kind()? == Kind::Object;
                self.inner(reader)?;
            }
            "identity" => self.inner(reader)?,
            _ => reader.skip()?,
        }
        Ok(())
    }

    fn inner(&mut self, reader: &mut Reader<'a>) -> Result<(), Fault> {
        if reader.kind()? != Kind::Object {
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
