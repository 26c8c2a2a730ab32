//! The further functions of a stage: each has processes and a queue of its own, and no gateway.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;

use super::{async_queue::AsyncQueue, description::FurtherFunction, emulator::Emulator, instances::Instances};

/// What an event can be sent to: a function's processes, and its queue of asynchronous invocations.
#[derive(Clone)]
pub(crate) struct Target {
    pub(super) instances: Arc<Instances>,
    pub(super) queue: Arc<AsyncQueue>,
}

/// The further functions by their names in the settings.
pub(super) struct FurtherFunctions {
    targets: BTreeMap<String, Target>,
    emulator: Option<Arc<dyn Emulator>>,
}

impl FurtherFunctions {
    /// An empty set; `emulator` receives the records of failures.
    pub(super) fn new(emulator: Option<Arc<dyn Emulator>>) -> Self {
        Self { targets: BTreeMap::new(), emulator }
    }

    /// The functions of a description. Functions that stay keep their instances and queue, removed ones stop; `main` supplies
    /// credentials and progress.
    pub(super) fn replace(&self, functions: Vec<FurtherFunction>, main: &Instances) -> Self {
        let mut targets = BTreeMap::new();
        for FurtherFunction { name, function, asynchronous } in functions {
            let target = match self.targets.get(&name) {
                Some(target) => {
                    target.instances.replace(function);
                    target.queue.replace(asynchronous);
                    target.clone()
                }
                None => {
                    let (credentials, progress) = (Arc::clone(&main.credentials), Arc::clone(&main.progress));
                    let instances = Instances::new(function, main.init_limit, credentials, Arc::clone(&progress));
                    let queue = AsyncQueue::new(Arc::clone(&instances), asynchronous, self.emulator.clone(), progress);
                    Target { instances, queue }
                }
            };
            targets.insert(name, target);
        }
        for (_, gone) in self.targets.iter().filter(|(name, _)| !targets.contains_key(*name)) {
            let gone = gone.clone();
            gone.queue.close();
            tokio::spawn(async move { gone.instances.stop().await });
        }
        Self { targets, emulator: self.emulator.clone() }
    }

    /// A function by its name in the settings.
    pub(super) fn get(&self, name: &str) -> Option<&Target> {
        self.targets.get(name)
    }

    /// The functions with their names in the settings.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Target)> {
        self.targets.iter().map(|(name, target)| (name.as_str(), target))
    }

    /// Takes no further asynchronous invocations.
    pub(super) fn close_queues(&self) {
        self.targets.values().for_each(|target| target.queue.close());
    }

    /// Stops all processes.
    pub(super) async fn stop(&self) {
        join_all(self.targets.values().map(|target| target.instances.stop())).await;
    }
}
