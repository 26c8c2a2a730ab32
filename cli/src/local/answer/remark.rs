//! What a gateway takes without a word and its user would want to know.

/// For the terminal: something of the function's answer does not arrive, and what gets further.
///
/// It travels as an extension of the response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remark(pub String);
