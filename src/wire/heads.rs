//! Reads the top level of a JSON object: named fields as slices of it, everything else skipped.

use std::borrow::Cow;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Declares a struct of borrowed slices, one per field that the object may have. Of a key given twice the first counts.
macro_rules! heads {
    ($(#[$doc:meta])* $name:ident { $($field:ident : $($key:literal)|+ ,)* }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub struct $name<'a> { $(pub $field: Option<&'a serde_json::value::RawValue>,)* }

        impl<'a> $name<'a> {
            /// Checks the syntax of all of `json` on the way.
            pub fn read(json: &'a str) -> serde_json::Result<$name<'a>> {
                serde_json::from_str(json)
            }
        }

        impl<'a> serde::Deserialize<'a> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'a>>(from: D) -> Result<$name<'a>, D::Error> {
                use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

                #[allow(non_camel_case_types)]
                enum Key { $($field,)* Other }
                struct KeySeed;
                impl<'de> DeserializeSeed<'de> for KeySeed {
                    type Value = Key;
                    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Key, D::Error> {
                        d.deserialize_str(self)
                    }
                }
                impl Visitor<'_> for KeySeed {
                    type Value = Key;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("a key") }
                    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                        Ok(match key { $($($key)|+ => Key::$field,)* _ => Key::Other })
                    }
                }
                struct Top;
                impl<'de> Visitor<'de> for Top {
                    type Value = $name<'de>;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("an object") }
                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<$name<'de>, A::Error> {
                        let mut out = $name::default();
                        while let Some(key) = map.next_key_seed(KeySeed)? {
                            match key {
                                $(Key::$field if out.$field.is_none() => out.$field = Some(map.next_value()?),)*
                                _ => { map.next_value::<IgnoredAny>()?; }
                            }
                        }
                        Ok(out)
                    }
                }
                from.deserialize_map(Top)
            }
        }
    };
}
pub(super) use heads;

/// The text of a string, number or boolean; none for anything else.
pub fn scalar(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let text = raw?.get();
    match text.as_bytes().first()? {
        b'"' => match text.strip_prefix('"')?.strip_suffix('"')? {
            plain if !plain.contains('\\') => Some(Cow::Borrowed(plain)),
            _ => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        },
        b'n' | b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(text)),
    }
}

/// As `scalar`, and the empty string is none.
pub fn filled(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    scalar(raw).filter(|s| !s.is_empty())
}

/// The slice if it is an object.
pub fn object(raw: Option<&RawValue>) -> Option<&str> {
    raw.map(RawValue::get).filter(|t| t.starts_with('{'))
}

/// The slice if it is an array.
pub fn array(raw: Option<&RawValue>) -> Option<&str> {
    raw.map(RawValue::get).filter(|t| t.starts_with('['))
}

/// Calls `each` with every element of an array until it says false, and returns how many there were.
pub fn elements(json: &str, each: &mut dyn FnMut(&str) -> bool) -> serde_json::Result<usize> {
    struct Each<'f>(&'f mut dyn FnMut(&str) -> bool);
    impl<'de> DeserializeSeed<'de> for Each<'_> {
        type Value = usize;
        fn deserialize<D: serde::Deserializer<'de>>(self, d: D) -> Result<usize, D::Error> {
            d.deserialize_seq(self)
        }
    }
    impl<'de> Visitor<'de> for Each<'_> {
        type Value = usize;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
            let mut count = 0;
            while let Some(element) = seq.next_element::<&'de RawValue>()? {
                count += 1;
                if !(self.0)(element.get()) {
                    while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                }
            }
            Ok(count)
        }
    }
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_seq(Each(each))
}
