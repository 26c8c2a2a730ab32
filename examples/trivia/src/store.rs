//! The answers: in a DynamoDB table, or in memory for tests and for a first run.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use serde::Serialize;
use zappa_rs::BoxError;

use crate::{User, question};

/// The most people in the list of scores.
const LISTED: usize = 10;

/// The store of answers.
#[derive(Debug)]
pub struct Store {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Mutex<Answers>),
    DynamoDb { client: Client, table: String },
}

/// By person and question.
type Answers = BTreeMap<(String, usize), Given>;

type Item = HashMap<String, AttributeValue>;

/// An answer that somebody gave.
#[derive(Clone, Debug)]
struct Given {
    name: String,
    choice: usize,
    is_right: bool,
}

/// The points of a person.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Score {
    /// The name.
    pub name: String,
    /// One for each right answer.
    pub points: usize,
}

impl Store {
    /// A store in the memory of this process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { place: Place::Memory(Mutex::default()) }
    }

    /// The table that the stage links as `Answers`. Where nothing is deployed and nothing linked, memory: several processes do not
    /// share it.
    ///
    /// # Errors
    /// The program is deployed, and the link is missing or wrong.
    pub async fn from_environment() -> Result<Self, BoxError> {
        let table = match zappa_rs::link("Answers") {
            Ok(link) => link.name().to_owned(),
            Err(error) if error.is_missing() => {
                tracing::info!("the answers are kept in memory");
                return Ok(Self::in_memory());
            }
            Err(error) => return Err(error.into()),
        };
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
        Ok(Self { place: Place::DynamoDb { client: Client::new(&config), table } })
    }

    /// Stores a person's choice, unless there is one already; the choice that counts.
    ///
    /// # Errors
    /// DynamoDB fails, here and below.
    pub(crate) async fn give(&self, user: &User, id: usize, choice: usize) -> Result<usize, BoxError> {
        let given = Given { name: user.shown().to_owned(), choice, is_right: question::is_right(id, choice) };
        match &self.place {
            Place::Memory(all) => Ok(lock(all).entry((user.sub.clone(), id)).or_insert(given).choice),
            Place::DynamoDb { client, table } => {
                let put = client.put_item().table_name(table).set_item(Some(item(user, id, &given)));
                let put = put.condition_expression("attribute_not_exists(person)");
                match put.send().await.map_err(aws_sdk_dynamodb::Error::from) {
                    Ok(_) => Ok(choice),
                    Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => {
                        self.given(user, id).await?.ok_or_else(|| "the answer is gone".into())
                    }
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    /// The choice of a person.
    pub(crate) async fn given(&self, user: &User, id: usize) -> Result<Option<usize>, BoxError> {
        match &self.place {
            Place::Memory(all) => Ok(lock(all).get(&(user.sub.clone(), id)).map(|given| given.choice)),
            Place::DynamoDb { client, table } => {
                let get =
                    client.get_item().table_name(table).key("person", text(&user.sub)).key("question", number(id));
                let output = get.consistent_read(true).send().await.map_err(aws_sdk_dynamodb::Error::from)?;
                output.item.as_ref().map(|item| Ok(given(item)?.choice)).transpose()
            }
        }
    }

    /// The points of a person.
    pub(crate) async fn points(&self, user: &User) -> Result<usize, BoxError> {
        match &self.place {
            Place::Memory(all) => {
                Ok(lock(all).iter().filter(|((sub, _), given)| *sub == user.sub && given.is_right).count())
            }
            Place::DynamoDb { client, table } => {
                let query = client.query().table_name(table).key_condition_expression("person = :person");
                let query = query.expression_attribute_values(":person", text(&user.sub)).consistent_read(true);
                let output = query.send().await.map_err(aws_sdk_dynamodb::Error::from)?;
                let all = output.items().iter().map(given).collect::<Result<Vec<_>, _>>()?;
                Ok(all.iter().filter(|given| given.is_right).count())
            }
        }
    }

    /// The best, with most points first. It reads the whole table, which does for some thousand answers.
    pub(crate) async fn scores(&self) -> Result<Vec<Score>, BoxError> {
        let all: Vec<(String, Given)> = match &self.place {
            Place::Memory(all) => lock(all).iter().map(|((sub, _), given)| (sub.clone(), given.clone())).collect(),
            Place::DynamoDb { client, table } => {
                let mut pages = client.scan().table_name(table).into_paginator().send();
                let mut all = Vec::new();
                while let Some(page) = pages.next().await {
                    for item in page.map_err(aws_sdk_dynamodb::Error::from)?.items() {
                        all.push((string(item, "person")?, given(item)?));
                    }
                }
                all
            }
        };
        Ok(best(all))
    }
}

/// The points of each person, the best first.
fn best(all: Vec<(String, Given)>) -> Vec<Score> {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for (person, given) in all {
        let score = scores.entry(person).or_insert_with(|| Score { name: given.name.clone(), points: 0 });
        score.points += usize::from(given.is_right);
    }
    let mut scores: Vec<Score> = scores.into_values().collect();
    scores.sort_by(|left, right| right.points.cmp(&left.points).then_with(|| left.name.cmp(&right.name)));
    scores.truncate(LISTED);
    scores
}

fn lock(all: &Mutex<Answers>) -> MutexGuard<'_, Answers> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: usize) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn item(user: &User, id: usize, given: &Given) -> Item {
    Item::from([
        ("person".to_owned(), text(&user.sub)),
        ("question".to_owned(), number(id)),
        ("name".to_owned(), text(&given.name)),
        ("choice".to_owned(), number(given.choice)),
        ("is_right".to_owned(), AttributeValue::Bool(given.is_right)),
    ])
}

fn given(item: &Item) -> Result<Given, BoxError> {
    let choice = item.get("choice").and_then(|value| value.as_n().ok()).ok_or("an answer has no `choice`")?;
    let is_right = item.get("is_right").and_then(|value| value.as_bool().ok()).copied().unwrap_or_default();
    Ok(Given { name: string(item, "name")?, choice: choice.parse()?, is_right })
}

fn string(item: &Item, name: &str) -> Result<String, BoxError> {
    let found = item.get(name).and_then(|value| value.as_s().ok());
    found.cloned().ok_or_else(|| format!("an answer has no `{name}`").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_the_table_is_the_answer_again() -> Result<(), BoxError> {
        let user = User { sub: "1".to_owned(), name: Some("ada".to_owned()) };
        let item = item(&user, 3, &Given { name: "ada".to_owned(), choice: 2, is_right: true });
        let found = given(&item)?;
        assert_eq!((found.name.as_str(), found.choice, found.is_right), ("ada", 2, true));
        assert!(given(&Item::new()).is_err_and(|error| error.to_string().contains("`choice`")));
        Ok(())
    }

    #[test]
    fn the_best_come_first_and_equals_by_name() {
        let right =
            |name: &str, is_right| (format!("id of {name}"), Given { name: name.to_owned(), choice: 0, is_right });
        let found = best(vec![right("cleo", true), right("ada", true), right("bob", false), right("ada", true)]);
        let found: Vec<(&str, usize)> = found.iter().map(|score| (score.name.as_str(), score.points)).collect();
        assert_eq!(found, [("ada", 2), ("cleo", 1), ("bob", 0)]);
    }
}
