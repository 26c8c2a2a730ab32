//! Why a filter pattern is not one.

/// A filter pattern that CloudWatch Logs would refuse.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("`{term}` has a character that needs quotation marks")]
    Unquoted { term: String },
    #[error("a quotation mark is not closed")]
    OpenQuote,
    #[error("`{found}` stands where {expected} is expected")]
    Unexpected { found: String, expected: &'static str },
    #[error("it ends where {expected} is expected")]
    End { expected: &'static str },
    #[error("`%` is not closed")]
    OpenRegex,
    #[error("the regular expression `{regex}` has `{character}`, which CloudWatch Logs does not support")]
    RegexCharacter { regex: String, character: char },
    #[error("`{regex}` is no regular expression")]
    Regex { regex: String },
    #[error("it has more than two regular expressions")]
    ManyRegexes,
    #[error("no field is named `{name}`")]
    UnknownField { name: String },
    #[error("`...` stands more than once")]
    ManyEllipses,
    #[error("`{operator}` compares numbers, and `{value}` is none")]
    NotANumber { operator: &'static str, value: String },
}

impl PatternError {
    /// What to write in its place.
    pub(crate) fn hint(&self) -> String {
        const FORMS: &str = "forms are `ERROR -Exiting`, `?ERROR ?WARN`, `\"out of tea\"`, `{ $.level = \"ERROR\" }`, \
                             `[ip, ..., status = 4*]` and `%AUTH[A-Z]+%`";
        match self {
            Self::Unquoted { term } => {
                format!("write `\"{term}\"`; the shell needs quotation marks of its own around it")
            }
            Self::RegexCharacter { .. } => {
                "supported are letters, digits, `_#=@/;,-` and the operators `^$?[]{}|\\*+.`; \
                                            others can be matched by `.`"
                    .to_owned()
            }
            Self::ManyRegexes => "AWS takes two regular expressions in a pattern; `|` joins alternatives".to_owned(),
            _ => FORMS.to_owned(),
        }
    }
}
