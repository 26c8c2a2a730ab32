//! The maps of an event, flattened: headers, queries, variables.

use crate::{
    json::{Fault, Kind, Reader},
    text::Text,
};

/// A name and one of its values.
pub(crate) type Pair<'a> = (Text<'a>, Text<'a>);

/// Most requests carry fewer headers; more of them cost a second allocation.
const USUAL: usize = 24;

/// Steps over a map of names to a value or to a list of values and gives them in order; what is no map has none.
pub(crate) fn read<'a>(reader: &mut Reader<'a>) -> Result<Vec<Pair<'a>>, Fault> {
    if reader.kind()? != Kind::Object {
        return reader.skip().map(|()| Vec::new());
    }
    let mut pairs = Vec::with_capacity(USUAL);
    reader.object(|reader, name| reader.texts(|value| pairs.push((name, value))))?;
    Ok(pairs)
}

/// The pairs of a map that was walked before, as a slice of its event; of an empty slice, none.
pub(crate) fn of(map: &str) -> Vec<Pair<'_>> {
    // It was walked with the event, so the only fault left is that there is no map.
    read(&mut Reader::new(map)).unwrap_or_default()
}
