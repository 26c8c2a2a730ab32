//! The position at which a shard of a stream is read next.

use super::{
    credentials::Unavailable,
    description::Stream,
    emulator::{ReadFailure, Record, RecordPage, Start, Streams},
};

/// Where a shard is read next.
pub(super) struct Position {
    /// Where it is read from if there is no iterator.
    start: Start,
    iterator: Option<String>,
    is_at_end: bool,
}

impl Position {
    pub(super) fn new(start: Start) -> Self {
        Self { start, iterator: None, is_at_end: false }
    }

    /// Whether the shard was read to its end.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Reads up to `count` records. After an error it continues at the same record.
    pub(super) async fn advance(
        &mut self,
        streams: &dyn Streams,
        stream: &Stream,
        shard: &str,
        count: usize,
    ) -> Result<Vec<Record>, Unavailable> {
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => streams.iterator(stream, shard, &self.start).await?,
        };
        let RecordPage { records, next } = match streams.records(stream, &iterator, count).await {
            Ok(page) => page,
            Err(ReadFailure { unavailable, is_temporary }) => {
                // Another iterator of the newest records would skip those that arrived since this one.
                self.iterator = is_temporary.then_some(iterator);
                return Err(unavailable);
            }
        };
        if let Some(last) = records.last() {
            self.start = Start::After(last.sequence_number.clone());
        }
        self.is_at_end = next.is_none();
        self.iterator = next;
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::{FutureExt as _, future::BoxFuture};

    use super::{super::emulator::Shard, *};

    /// A shard whose iterators are the numbers of the records that they begin at.
    #[derive(Default)]
    struct Fake {
        records: Mutex<Vec<&'static str>>,
        /// The failures of the next reads.
        failures: Mutex<Vec<ReadFailure>>,
    }

    impl Fake {
        fn put(&self, number: &'static str) {
            self.records.lock().unwrap().push(number);
        }

        fn fail(&self, is_temporary: bool) {
            let unavailable = Unavailable { reason: "no answer".to_owned(), hint: None };
            self.failures.lock().unwrap().push(ReadFailure { unavailable, is_temporary });
        }
    }

    impl Streams for Fake {
        fn shards<'a>(&'a self, _: &'a Stream) -> BoxFuture<'a, Result<Vec<Shard>, Unavailable>> {
            unreachable!("the poller lists shards")
        }

        fn iterator<'a>(
            &'a self,
            _: &'a Stream,
            _: &'a str,
            start: &'a Start,
        ) -> BoxFuture<'a, Result<String, Unavailable>> {
            let records = self.records.lock().unwrap();
            let index = match start {
                Start::TrimHorizon => 0,
                Start::Latest => records.len(),
                Start::After(number) => 1 + records.iter().position(|record| record == number).unwrap(),
            };
            std::future::ready(Ok(index.to_string())).boxed()
        }

        fn records<'a>(
            &'a self,
            _: &'a Stream,
            iterator: &'a str,
            count: usize,
        ) -> BoxFuture<'a, Result<RecordPage, ReadFailure>> {
            if let Some(failure) = self.failures.lock().unwrap().pop() {
                return std::future::ready(Err(failure)).boxed();
            }
            let (records, index) = (self.records.lock().unwrap(), iterator.parse::<usize>().unwrap());
            let record = |number: &&str| Record { sequence_number: (*number).to_owned(), ..Record::default() };
            let read: Vec<Record> = records[index..].iter().take(count).map(record).collect();
            let next = Some((index + read.len()).to_string());
            std::future::ready(Ok(RecordPage { records: read, next })).boxed()
        }
    }

    async fn advance(position: &mut Position, fake: &Fake) -> Result<Vec<String>, String> {
        let stream = Stream::DynamoDb { table: "orders".to_owned() };
        match position.advance(fake, &stream, "shard", 10).await {
            Ok(records) => Ok(records.into_iter().map(|record| record.sequence_number).collect()),
            Err(unavailable) => Err(unavailable.reason),
        }
    }

    #[tokio::test]
    async fn a_failed_read_skips_no_record_that_arrives_before_the_next_one() {
        for is_read_before in [false, true] {
            let fake = Fake::default();
            fake.put("1");
            let mut position = Position::new(Start::Latest);
            assert_eq!(advance(&mut position, &fake).await, Ok(vec![]));
            if is_read_before {
                fake.put("2");
                assert_eq!(advance(&mut position, &fake).await, Ok(vec!["2".to_owned()]));
            }
            fake.fail(true);
            assert_eq!(advance(&mut position, &fake).await, Err("no answer".to_owned()));
            fake.put("3");
            assert_eq!(advance(&mut position, &fake).await, Ok(vec!["3".to_owned()]));
        }
    }

    #[tokio::test]
    async fn an_iterator_that_is_refused_is_replaced_by_one_behind_the_last_record() {
        let fake = Fake::default();
        fake.put("1");
        let mut position = Position::new(Start::TrimHorizon);
        assert_eq!(advance(&mut position, &fake).await, Ok(vec!["1".to_owned()]));
        position.iterator = Some("expired".to_owned());
        fake.fail(false);
        advance(&mut position, &fake).await.unwrap_err();
        fake.put("2");
        assert_eq!(advance(&mut position, &fake).await, Ok(vec!["2".to_owned()]));
    }
}
