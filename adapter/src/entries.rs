//! Entries of the maps of an event: headers, query parameters, stage variables.

use crate::{
    json::{Reader, SyntaxError, ValueKind},
    json_str::JsonStr,
};

/// An entry: a name and one of its values.
pub(crate) type Entry<'a> = (JsonStr<'a>, JsonStr<'a>);

/// The initial capacity. Most requests carry fewer headers; more cost a second allocation.
const CAPACITY: usize = 24;

/// Reads a map from names to a value or a list of values, in order. Any other JSON value has no entries.
pub(crate) fn read<'a>(reader: &mut Reader<'a>) -> Result<Vec<Entry<'a>>, SyntaxError> {
    if reader.kind()? != ValueKind::Object {
        return reader.skip().map(|()| Vec::new());
    }
    let mut entries = Vec::with_capacity(CAPACITY);
    reader.object(|reader, name| reader.texts(|value| entries.push((name, value))))?;
    Ok(entries)
}

/// Parses a map that was validated with its event; an empty slice has no entries.
pub(crate) fn parse(map: &str) -> Vec<Entry<'_>> {
    // It was validated with the event, so the only error left is an absent map.
    read(&mut Reader::new(map)).unwrap_or_default()
}
