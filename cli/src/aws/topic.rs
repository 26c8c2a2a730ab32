//! Topics of SNS, as an emulator serves them.

use super::{Error, Region};

impl Region {
    /// The ARN of a topic; `None` if there is no topic of that name.
    pub(crate) async fn topic_arn(&self, name: &str) -> Result<Option<String>, Error> {
        let call = self.call("sns:ListTopics", name);
        let mut token = None;
        loop {
            let output = call.send(self.sns().list_topics().set_next_token(token).send()).await?;
            let arns = output.topics.unwrap_or_default().into_iter().filter_map(|topic| topic.topic_arn);
            let found = arns.into_iter().find(|arn| arn.rsplit(':').next() == Some(name));
            token = output.next_token.filter(|token| !token.is_empty());
            if found.is_some() || token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Creates a topic and returns its ARN.
    pub(crate) async fn create_topic(&self, name: &str) -> Result<String, Error> {
        let call = self.call("sns:CreateTopic", name);
        let output = call.send(self.sns().create_topic().name(name).send()).await?;
        output.topic_arn.ok_or_else(|| Error::odd(call, None, b"no ARN of the topic"))
    }

    /// Publishes a message.
    pub(crate) async fn publish(&self, arn: &str, message: &str) -> Result<(), Error> {
        let call = self.call("sns:Publish", arn);
        call.send(self.sns().publish().topic_arn(arn).message(message).send()).await?;
        Ok(())
    }
}
