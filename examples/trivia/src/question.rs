//! The questions. They are part of the program; the right choice never leaves it.

use serde::Serialize;

/// A question with its choices.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Question {
    /// Its number, from 1.
    pub id: usize,
    /// What is asked.
    pub text: &'static str,
    /// What can be answered.
    pub choices: &'static [&'static str],
    /// The index of the right choice.
    #[serde(skip)]
    pub(crate) right: usize,
}

/// All of them.
pub(crate) const ALL: &[Question] = &[
    Question { id: 1, text: "Which planet has the shortest day?", choices: &["Earth", "Jupiter", "Mars"], right: 1 },
    Question { id: 2, text: "How many bits has an IPv6 address?", choices: &["32", "64", "128"], right: 2 },
    Question {
        id: 3,
        text: "Who wrote the first program for a machine?",
        choices: &["Ada Lovelace", "Alan Turing"],
        right: 0,
    },
];

/// Whether a choice is the right one of a question.
pub(crate) fn is_right(id: usize, choice: usize) -> bool {
    ALL.iter().any(|question| question.id == id && question.right == choice)
}
