//! The store in a DynamoDB table, with the partition key `id` and the time to live `expires_at`.
//!
//! Time to live deletes late, so that every condition compares the time itself:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use tokio::sync::OnceCell;

use super::store::{Begin, Lock, Store, StoreFuture};
use crate::{aws, error::BoxError};

/// The largest result; an item is 400 KB at most, with its key.
const MAX_RESULT: usize = 350 * 1024;

const ID: &str = "id";
const EXPIRES_AT: &str = "expires_at";
const OWNER: &str = "owner";
const RESULT: &str = "result";
const PAYLOAD_HASH: &str = "payload_hash";

/// A lock can be taken if there is none, or if it or its result has expired.
const IS_FREE: &str = "attribute_not_exists(#id) OR #expires_at <= :now";
const IS_OWN: &str = "#owner = :owner";

#[derive(Debug)]
pub(super) struct DynamoDbStore {
    table: String,
    client: OnceCell<Client>,
}

impl DynamoDbStore {
    pub(super) fn new(table: String) -> Self {
        Self { table, client: OnceCell::new() }
    }

    async fn client(&self) -> &Client {
        self.client.get_or_init(|| async { Client::new(&aws::config().await) }).await
    }

    async fn put_lock(&self, lock: &Lock) -> Result<Begin, BoxError> {
        let put = self
            .client()
            .await
            .put_item()
            .table_name(&self.table)
            .item(ID, text(lock.key()))
            .item(OWNER, text(lock.owner()))
            .item(EXPIRES_AT, seconds_after(lock.expires()))
            .condition_expression(IS_FREE)
            .expression_attribute_names("#id", ID)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":now", number(lock.now()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match lock.payload_hash() {
            Some(hash) => put.item(PAYLOAD_HASH, text(hash)),
            None => put,
        };
        let result = put.send().await;
        let item = match result.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => return Ok(Begin::Acquired),
            Err(PutItemError::ConditionalCheckFailedException(failed)) => failed.item.unwrap_or_default(),
            Err(error) => return Err(error.into()),
        };
        // An attempt of the SDK whose answer was lost may have taken the lock for this very run.
        let attribute = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        if attribute(OWNER).is_some_and(|owner| owner == lock.owner()) {
            return Ok(Begin::Acquired);
        }
        if !lock.accepts(attribute(PAYLOAD_HASH).map(String::as_str)) {
            return Ok(Begin::OtherPayload);
        }
        Ok(match attribute(RESULT) {
            Some(result) => Begin::Completed(result.clone()),
            None => Begin::InProgress,
        })
    }

    async fn put_result(&self, lock: &Lock, result: &str, expires: SystemTime) -> Result<(), BoxError> {
        if result.len() > MAX_RESULT {
            return Err(format!("it has {} bytes, of which {MAX_RESULT} are the most", result.len()).into());
        }
        self.client()
            .await
            .update_item()
            .table_name(&self.table)
            .key(ID, text(lock.key()))
            .update_expression("SET #result = :result, #expires_at = :expires_at")
            .condition_expression(IS_OWN)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#result", RESULT)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":owner", text(lock.owner()))
            .expression_attribute_values(":result", text(result))
            .expression_attribute_values(":expires_at", seconds_after(expires))
            .send()
            .await
            .map(drop)
            .map_err(|error| error.into_service_error().into())
    }

    async fn delete_lock(&self, lock: &Lock) -> Result<(), BoxError> {
        let result = self
            .client()
            .await
            .delete_item()
            .table_name(&self.table)
            .key(ID, text(lock.key()))
            .condition_expression(IS_OWN)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(lock.owner()))
            .send()
            .await;
        match result.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            // Another run holds it by now.
            Err(error) if error.is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }
}

impl Store for DynamoDbStore {
    fn begin<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, Begin> {
        Box::pin(self.put_lock(lock))
    }

    fn complete<'a>(&'a self, lock: &'a Lock, result: &'a str, expires: SystemTime) -> StoreFuture<'a, ()> {
        Box::pin(self.put_result(lock, result, expires))
    }

    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()> {
        Box::pin(self.delete_lock(lock))
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A time in whole seconds, as time to live needs it.
fn number(time: SystemTime) -> AttributeValue {
    AttributeValue::N(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs().to_string())
}

/// The first whole second that is not before a time: a lock must not end before its invocation.
fn seconds_after(time: SystemTime) -> AttributeValue {
    number(time.checked_add(Duration::from_nanos(999_999_999)).unwrap_or(time))
}
