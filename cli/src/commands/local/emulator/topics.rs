//! Topics of an emulator: found by name, and created where the stage declares them.

use futures_util::{FutureExt as _, future::BoxFuture};

use super::{Service, unavailable};
use crate::local::{credentials::Unavailable, description::Topic, emulator::Topics};

impl Service {
    async fn topic_arn(&self, topic: &Topic) -> Result<String, Unavailable> {
        let mut arns = self.topics.lock().await;
        if let Some(arn) = arns.get(&topic.name) {
            return Ok(arn.clone());
        }
        let found = self.region.topic_arn(&topic.name).await.map_err(|error| unavailable(&error))?;
        let arn = match found {
            Some(arn) => arn,
            None if topic.is_declared => {
                self.report_creation(&topic.label());
                self.region.create_topic(&topic.name).await.map_err(|error| unavailable(&error))?
            }
            None => return Err(self.missing("topic", &format!("sns create-topic --name {}", topic.name))),
        };
        arns.insert(topic.name.clone(), arn.clone());
        Ok(arn)
    }
}

impl Topics for Service {
    fn publish<'a>(&'a self, topic: &'a Topic, message: &'a str) -> BoxFuture<'a, Result<(), Unavailable>> {
        async move {
            let arn = self.topic_arn(topic).await?;
            let outcome = self.region.publish(&arn, message).await;
            if outcome.is_err() {
                self.topics.lock().await.remove(&topic.name);
            }
            outcome.map_err(|error| unavailable(&error))
        }
        .boxed()
    }
}
