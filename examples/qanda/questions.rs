//! The table of questions, in DynamoDB.

use std::{
    collections::{HashMap, HashSet},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use serde::Serialize;
use zappa_rs::BoxError;

/// The table.
#[derive(Clone, Debug)]
pub(crate) struct Questions {
    client: Client,
    table: String,
}

/// A question, perhaps with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) answer: Option<String>,
    /// Seconds since 1970.
    pub(crate) asked_at: u64,
}

type Item = HashMap<String, AttributeValue>;

impl Questions {
    pub(crate) fn new(aws: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(aws), table }
    }

    /// Adds a question. The same id again changes nothing: asynchronous invocations are delivered at least once.
    pub(crate) async fn ask(&self, id: &str, text: &str) -> Result<(), BoxError> {
        let asked_at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("id", AttributeValue::S(id.to_owned()))
            .item("text", AttributeValue::S(text.to_owned()))
            .item("asked_at", AttributeValue::N(asked_at.to_string()))
            .condition_expression("attribute_not_exists(id)");
        match put.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) | Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores an answer; `false` if there is no such question.
    pub(crate) async fn answer(&self, id: &str, answer: &str) -> Result<bool, BoxError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", AttributeValue::S(id.to_owned()))
            .update_expression("SET answer = :answer")
            .expression_attribute_values(":answer", AttributeValue::S(answer.to_owned()))
            .condition_expression("attribute_exists(id)");
        match update.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) => Ok(true),
            Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// All questions, the newest first.
    pub(crate) async fn list(&self) -> Result<Vec<Question>, BoxError> {
        let mut pages = self.client.scan().table_name(&self.table).into_paginator().items().send();
        let mut questions = Vec::new();
        while let Some(item) = pages.next().await {
            questions.extend(read(&item.map_err(aws_sdk_dynamodb::Error::from)?));
        }
        questions.sort_by(|a: &Question, b| b.asked_at.cmp(&a.asked_at).then_with(|| a.id.cmp(&b.id)));
        Ok(questions)
    }
}

fn read(item: &Item) -> Option<Question> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    let asked_at = item.get("asked_at")?.as_n().ok()?.parse().ok()?;
    Some(Question { id: text("id")?, text: text("text")?, answer: text("answer"), asked_at })
}

/// The answered question that has the most words in common with `text`; at least half of the words of `text`.
pub(crate) fn find<'a>(questions: &'a [Question], text: &str) -> Option<&'a Question> {
    let asked = words(text);
    let common = |question: &Question| words(&question.text).intersection(&asked).count();
    let best = questions.iter().filter(|question| question.answer.is_some()).max_by_key(|question| common(question))?;
    (!asked.is_empty() && common(best) * 2 >= asked.len()).then_some(best)
}

fn words(text: &str) -> HashSet<String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, text: &str, answer: Option<&str>) -> Question {
        Question { id: id.to_owned(), text: text.to_owned(), answer: answer.map(str::to_owned), asked_at: 0 }
    }

    #[test]
    fn the_most_similar_question_with_an_answer_is_found() {
        let questions = [
            question("a", "Where is the coffee machine?", Some("On the third floor.")),
            question("b", "How do I get a parking permit?", Some("Ask Olena.")),
            question("c", "Where is the printer?", None),
        ];
        assert_eq!(find(&questions, "where's the COFFEE machine").unwrap().id, "a");
        assert_eq!(find(&questions, "parking permit?").unwrap().id, "b");
        assert_eq!(find(&questions, "who plays chess here?"), None);
        assert_eq!(find(&questions, "?!"), None);
    }
}
