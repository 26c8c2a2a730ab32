//! The search for an answer: the answered question that has the most words in common with a new one.

use std::collections::BTreeSet;

use crate::Question;

/// Words of up to so many letters are in every question and say nothing.
const SHORT: usize = 3;

/// The answered question that is most alike; `None` if none shares half of the words.
pub(crate) fn nearest<'a>(asked: &Question, known: &'a [Question]) -> Option<&'a Question> {
    let words = words(&asked.text);
    let answered = known.iter().filter(|question| question.answer.is_some() && question.id != asked.id);
    let scored = answered.map(|question| (likeness(&words, &self::words(&question.text)), question));
    // Of equal ones the oldest, so that the same questions have the same answer.
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.filter(|(likeness, _)| *likeness >= 50).map(|(_, question)| question)
}

/// The words in lower case, without short ones.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() > SHORT);
    words.map(str::to_lowercase).collect()
}

/// The part of all words that both have, in percent.
fn likeness(left: &BTreeSet<String>, right: &BTreeSet<String>) -> usize {
    let all = left.union(right).count();
    (left.intersection(right).count() * 100).checked_div(all).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, text: &str, answer: Option<&str>) -> Question {
        let mut question = Question::new(text, "ada");
        question.id = id.to_owned();
        question.answer = answer.map(str::to_owned);
        question
    }

    #[test]
    fn the_answered_question_with_the_most_words_in_common_is_found() {
        let known = [
            question("1", "Where is the coffee machine?", Some("on the second floor")),
            question("2", "When does the office open on Monday?", Some("at eight")),
            question("3", "Where is the printer?", None),
        ];
        for (text, expected) in [
            ("where's the COFFEE machine", Some("1")),
            ("When does the office open?", Some("2")),
            ("Where is the printer?", None),
            ("Is it?", None),
            ("Де стоїть кавова машина?", None),
        ] {
            let found = nearest(&question("9", text, None), &known);
            assert_eq!(found.map(|question| question.id.as_str()), expected, "{text}");
        }
    }

    #[test]
    fn a_question_is_not_its_own_answer() {
        let known = [question("1", "Where is the coffee machine?", Some("here"))];
        assert_eq!(nearest(&known[0], &known), None);
    }

    #[test]
    fn words_of_any_language_are_compared() {
        let known = [question("1", "Де стоїть кавова машина?", Some("на другому поверсі"))];
        assert!(nearest(&question("2", "де кавова МАШИНА", None), &known).is_some());
    }
}
