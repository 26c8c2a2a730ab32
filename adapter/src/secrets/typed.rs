//! Secrets as fields of a type of the application.

use std::cell::RefCell;

use serde::{
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, Unexpected, VariantAccess,
        Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{Secret, SecretsError, place::Place, values::Values};

/// Deserializes a struct from the values that its fields name.
pub(super) fn deserialize<T: DeserializeOwned>(values: &Values, place: &Place) -> Result<T, SecretsError> {
    let missing = RefCell::default();
    T::deserialize(All { values, place, missing: &missing }).map_err(|error| {
        let missing: Vec<&str> = missing.take();
        let error = error.to_string();
        // serde names the first of them only.
        if missing.iter().any(|name| error == format!("missing field `{name}`")) {
            place.missing(missing)
        } else {
            SecretsError::type_of(error)
        }
    })
}

/// All secrets, of which a struct takes those of its fields and a map takes every one.
struct All<'a> {
    values: &'a Values,
    place: &'a Place,
    /// The fields without a value.
    missing: &'a RefCell<Vec<&'static str>>,
}

impl All<'_> {
    fn find(&self, name: &str) -> Option<Secret> {
        let find = |name: &str| self.values.find(name).or_else(|| self.place.find_variable(name));
        find(name).or_else(|| find(&name.to_ascii_uppercase()))
    }
}

impl<'de> de::Deserializer<'de> for All<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let pairs = self.values.0.iter().map(|(name, value)| (name.as_str(), value.clone()));
        visitor.visit_map(Fields { pairs: pairs.collect::<Vec<_>>().into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (found, missing) =
            fields.iter().map(|field| (*field, self.find(field))).partition::<Vec<_>, _>(|pair| pair.1.is_some());
        *self.missing.borrow_mut() = missing.into_iter().map(|(field, _)| field).collect();
        let pairs: Vec<_> = found.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
        visitor.visit_map(Fields { pairs: pairs.into_iter(), value: None })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

struct Fields<'a> {
    pairs: std::vec::IntoIter<(&'a str, Secret)>,
    value: Option<(&'a str, Secret)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.value = self.pairs.next();
        let key = self.value.as_ref().map(|(name, _)| seed.deserialize(StrDeserializer::new(name)));
        key.transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (name, value) =
            self.value.take().ok_or_else(|| de::Error::custom("a value was asked for before its name"))?;
        seed.deserialize(One { name, value })
    }
}

/// One value; what a number, a boolean or a variant is parsed from.
struct One<'a> {
    name: &'a str,
    value: Secret,
}

impl One<'_> {
    /// An error without the value, which serde's own messages have.
    fn error(&self, expected: &dyn de::Expected) -> Error {
        de::Error::invalid_value(Unexpected::Other(&format!("the value of `{}`", self.name)), expected)
    }
}

macro_rules! parse {
    ($($method:ident $visit:ident $what:literal)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.value.trim().parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(self.error(&$what)),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for One<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string::<Error>(self.value.to_string()).map_err(|_| self.error(&"a value of its field's type"))
    }

    parse! {
        deserialize_bool visit_bool "`true` or `false`"
        deserialize_i8 visit_i8 "a whole number"
        deserialize_i16 visit_i16 "a whole number"
        deserialize_i32 visit_i32 "a whole number"
        deserialize_i64 visit_i64 "a whole number"
        deserialize_u8 visit_u8 "a whole number from 0 to 255"
        deserialize_u16 visit_u16 "a whole number from 0 to 65535"
        deserialize_u32 visit_u32 "a whole number, 0 or more"
        deserialize_u64 visit_u64 "a whole number, 0 or more"
        deserialize_f32 visit_f32 "a number"
        deserialize_f64 visit_f64 "a number"
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if !variants.contains(&&*self.value) {
            return Err(self.error(&&*format!("one of `{}`", variants.join("`, `"))));
        }
        visitor.visit_enum(Variant(self.value))
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Variant(Secret);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let variant: StrDeserializer<'_, Error> = (&*self.0).into_deserializer();
        Ok((seed.deserialize(variant)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Err(de::Error::custom("a secret is no variant with data"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("a secret is no variant with data"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("a secret is no variant with data"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Test,
        Live,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Keys {
        database_url: String,
        #[serde(rename = "Stripe-Key")]
        stripe: Option<String>,
        port: Option<u16>,
        mode: Option<Mode>,
    }

    fn values(pairs: &[(&str, &str)]) -> Values {
        Values(pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect())
    }

    fn on_lambda() -> Place {
        Place::new(Box::new(|name| (name == "AWS_LAMBDA_RUNTIME_API").then(|| "127.0.0.1:1".to_owned()))).unwrap()
    }

    #[test]
    fn fields_take_the_secrets_with_their_names() {
        let values =
            values(&[("DATABASE_URL", "postgres://"), ("Stripe-Key", "sk"), ("PORT", "5432"), ("MODE", "live")]);
        let keys: Keys = deserialize(&values, &on_lambda()).unwrap();
        let stripe = Some("sk".to_owned());
        let expected = Keys { database_url: "postgres://".into(), stripe, port: Some(5432), mode: Some(Mode::Live) };
        assert_eq!(keys, expected);
        let map: BTreeMap<String, String> = deserialize(&values, &on_lambda()).unwrap();
        assert_eq!(map.len(), 4);
    }

    #[test]
    fn a_missing_field_and_a_wrong_one_are_named_without_values() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only missed")]
        struct Two {
            first: String,
            second: String,
        }
        let error = deserialize::<Two>(&values(&[]), &on_lambda()).unwrap_err();
        assert!(error.is_missing());
        assert!(error.to_string().starts_with("secrets have no value: `first`; `second`"), "{error}");
        for (name, expected) in [("PORT", "0 to 65535"), ("MODE", "`test`, `live`")] {
            let error =
                deserialize::<Keys>(&values(&[("DATABASE_URL", "x"), (name, "geheim")]), &on_lambda()).unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains(expected) && text.contains(&name.to_lowercase()) && !text.contains("geheim"),
                "{text}"
            );
        }
    }

    #[test]
    fn outside_lambda_the_environment_stands_in() {
        let place = Place::new(Box::new(|name| (name == "DATABASE_URL").then(|| "from here".to_owned()))).unwrap();
        let keys: Keys = deserialize(&Values::default(), &place).unwrap();
        assert_eq!(keys.database_url, "from here");
    }
}
