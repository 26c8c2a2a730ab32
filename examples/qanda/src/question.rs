//! A question, with its answer once there is one.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A question of somebody.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Question {
    /// Letters and digits; ids sort by the time of asking.
    pub id: String,
    /// The question itself.
    pub text: String,
    /// The name of who asked.
    pub asked_by: String,
    /// When, in seconds since 1970.
    pub asked_at: u64,
    /// The answer.
    pub answer: Option<String>,
    /// The name of who answered.
    pub answered_by: Option<String>,
}

impl Question {
    /// A new question, without an answer.
    #[must_use]
    pub fn new(text: &str, asked_by: &str) -> Self {
        let asked_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            id: format!("{asked_at:010x}{:016x}", fastrand::u64(..)),
            text: text.trim().to_owned(),
            asked_by: asked_by.trim().to_owned(),
            asked_at,
            answer: None,
            answered_by: None,
        }
    }
}
