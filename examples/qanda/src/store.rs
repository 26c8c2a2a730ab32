//! The questions: in a DynamoDB table, or in memory for tests and for a first run.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use zappa_rs::BoxError;

use crate::Question;

/// The store of questions.
#[derive(Debug)]
pub struct Store {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Mutex<BTreeMap<String, Question>>),
    DynamoDb { client: Client, table: String },
}

type Item = HashMap<String, AttributeValue>;

impl Store {
    /// A store in the memory of this process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { place: Place::Memory(Mutex::default()) }
    }

    /// A store in a table with the partition key `id`.
    #[must_use]
    pub fn dynamodb(client: Client, table: String) -> Self {
        Self { place: Place::DynamoDb { client, table } }
    }

    /// Adds a question.
    ///
    /// # Errors
    ///
    /// DynamoDB fails, here and below.
    pub async fn add(&self, question: &Question) -> Result<(), BoxError> {
        match &self.place {
            Place::Memory(all) => {
                lock(all).insert(question.id.clone(), question.clone());
            }
            Place::DynamoDb { client, table } => {
                let put = client.put_item().table_name(table).set_item(Some(item(question)));
                put.send().await.map_err(aws_sdk_dynamodb::Error::from)?;
            }
        }
        Ok(())
    }

    /// Reads a question.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn read(&self, id: &str) -> Result<Option<Question>, BoxError> {
        match &self.place {
            Place::Memory(all) => Ok(lock(all).get(id).cloned()),
            Place::DynamoDb { client, table } => {
                let get = client.get_item().table_name(table).key("id", text(id)).consistent_read(true);
                let output = get.send().await.map_err(aws_sdk_dynamodb::Error::from)?;
                output.item.as_ref().map(question).transpose()
            }
        }
    }

    /// Lists all questions, the oldest first. It reads the whole table, which does for some thousand questions.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn list(&self) -> Result<Vec<Question>, BoxError> {
        match &self.place {
            Place::Memory(all) => Ok(lock(all).values().cloned().collect()),
            Place::DynamoDb { client, table } => {
                let mut pages = client.scan().table_name(table).into_paginator().send();
                let mut all = Vec::new();
                while let Some(page) = pages.next().await {
                    let page = page.map_err(aws_sdk_dynamodb::Error::from)?;
                    all.extend(page.items().iter().map(question).collect::<Result<Vec<_>, _>>()?);
                }
                all.sort_by(|left, right| left.id.cmp(&right.id));
                Ok(all)
            }
        }
    }

    /// Stores the answer of a question; `false` if it has one already or is not there.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub async fn answer(&self, question: &Question) -> Result<bool, BoxError> {
        match &self.place {
            Place::Memory(all) => {
                let mut all = lock(all);
                let Some(known) = all.get_mut(&question.id).filter(|known| known.answer.is_none()) else {
                    return Ok(false);
                };
                known.clone_from(question);
                Ok(true)
            }
            Place::DynamoDb { client, table } => {
                let update = client
                    .update_item()
                    .table_name(table)
                    .key("id", text(&question.id))
                    .update_expression("SET answer = :answer, answered_by = :answered_by")
                    .condition_expression("attribute_exists(id) AND attribute_not_exists(answer)")
                    .expression_attribute_values(":answer", text(question.answer.as_deref().unwrap_or_default()))
                    .expression_attribute_values(
                        ":answered_by",
                        text(question.answered_by.as_deref().unwrap_or_default()),
                    );
                match update.send().await.map_err(aws_sdk_dynamodb::Error::from) {
                    Ok(_) => Ok(true),
                    Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => Ok(false),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }
}

fn lock(all: &Mutex<BTreeMap<String, Question>>) -> MutexGuard<'_, BTreeMap<String, Question>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn item(question: &Question) -> Item {
    let mut item = Item::from([
        ("id".to_owned(), text(&question.id)),
        ("text".to_owned(), text(&question.text)),
        ("asked_by".to_owned(), text(&question.asked_by)),
        ("asked_at".to_owned(), AttributeValue::N(question.asked_at.to_string())),
    ]);
    let answer = [("answer", &question.answer), ("answered_by", &question.answered_by)];
    item.extend(answer.into_iter().filter_map(|(name, value)| Some((name.to_owned(), text(value.as_deref()?)))));
    item
}

fn question(item: &Item) -> Result<Question, BoxError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let required = |name: &str| text(name).ok_or_else(|| format!("an item of the table has no `{name}`"));
    Ok(Question {
        id: required("id")?,
        text: required("text")?,
        asked_by: required("asked_by")?,
        asked_at: item.get("asked_at").and_then(|value| value.as_n().ok()).map_or(Ok(0), |number| number.parse())?,
        answer: text("answer"),
        answered_by: text("answered_by"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_the_table_is_the_question_again() -> Result<(), BoxError> {
        let open = Question::new("Where?", "ada");
        let answered =
            Question { answer: Some("here".to_owned()), answered_by: Some("bob".to_owned()), ..open.clone() };
        for expected in [open, answered] {
            assert_eq!(question(&item(&expected))?, expected);
        }
        assert!(question(&Item::new()).is_err_and(|error| error.to_string().contains("`id`")));
        Ok(())
    }

    #[tokio::test]
    async fn an_answer_is_never_replaced() -> Result<(), BoxError> {
        let store = Store::in_memory();
        let mut question = Question::new("Where?", "ada");
        question.answer = Some("here".to_owned());
        assert!(!store.answer(&question).await?, "it is not there yet");
        store.add(&Question { answer: None, ..question.clone() }).await?;
        assert!(store.answer(&question).await?);
        assert!(!store.answer(&Question { answer: Some("there".to_owned()), ..question.clone() }).await?);
        assert_eq!(store.read(&question.id).await?, Some(question));
        Ok(())
    }
}
