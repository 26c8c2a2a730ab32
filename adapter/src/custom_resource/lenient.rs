//! A deserializer of properties, whose numbers and booleans may be text, as CloudFormation sends them.

use serde::{
    Deserializer,
    de::{
        IntoDeserializer, Visitor,
        value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// A value whose texts can be read as numbers and booleans.
pub(super) struct Lenient(pub(super) Value);

impl IntoDeserializer<'_, Error> for Lenient {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads a text as the type that is wanted; one that is none is left to the visitor's error.
macro_rules! parse {
    ($($method:ident $visit:ident $type:ty),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.as_str().and_then(|text| text.trim().parse::<$type>().ok()) {
                Some(value) => visitor.$visit(value),
                None => self.deserialize_any(visitor),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter().map(Self))),
            Value::Object(map) => {
                visitor.visit_map(MapDeserializer::new(map.into_iter().map(|(key, value)| (key, Self(value)))))
            }
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(map) => {
                let map = MapDeserializer::new(map.into_iter().map(|(key, value)| (key, Self(value))));
                MapAccessDeserializer::new(map).deserialize_enum(name, variants, visitor)
            }
            value => value.deserialize_enum(name, variants, visitor),
        }
    }

    parse! {
        deserialize_bool visit_bool bool,
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, String> {
        T::deserialize(Lenient(value)).map_err(|error| error.to_string())
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Properties {
        rows: u32,
        ratio: Option<f64>,
        public: bool,
        kind: Kind,
        tags: BTreeMap<String, Vec<i64>>,
        name: String,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    enum Kind {
        Plain,
        Sized(u8),
        Named { port: u16 },
    }

    #[test]
    fn numbers_and_booleans_are_read_from_text_at_any_depth() {
        for kind in [json!("Plain"), json!({"Sized": "7"}), json!({"Named": {"port": "80"}})] {
            let value = json!({
                "rows": "3", "ratio": "0.5", "public": "true", "kind": kind, "tags": {"x": ["-1", 2]}, "name": "17",
            });
            let read: Properties = read(value).expect("it fits");
            assert_eq!((read.rows, read.ratio, read.public), (3, Some(0.5), true));
            assert_eq!((&read.tags["x"][..], &*read.name), (&[-1, 2][..], "17"));
        }
        assert_eq!(read(json!([true, 1, null])), Ok((true, 1_u8, None::<u8>)));
        assert_eq!(read(json!({"Sized": "7"})), Ok(Kind::Sized(7)));
    }

    #[test]
    fn a_text_that_is_no_number_is_an_error_that_shows_it() {
        let error = read::<BTreeMap<String, u32>>(json!({"rows": "many"})).expect_err("no number");
        assert!(error.contains("\"many\"") && error.contains("u32"), "{error}");
        assert!(read::<u8>(json!("300")).is_err());
        assert!(read::<Properties>(json!({"rows": "3", "colour": "red"})).expect_err("unknown").contains("colour"));
    }
}
