//! Several log groups as one sequence by time.
//!
//! Up to the present all groups are merged by timestamp: an event waits until every group has shown that it has none before
//! it. From then on events are passed on as they come.

use std::collections::VecDeque;

use super::LogEvent;

/// The merge of several groups.
#[derive(Debug)]
pub(crate) struct Merge {
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    waiting: VecDeque<LogEvent>,
    /// It is still reading up to the present, in order, so that others have to wait for it.
    holds: bool,
}

impl Merge {
    /// A merge of so many groups.
    pub(crate) fn new(groups: usize) -> Self {
        Self { groups: (0..groups).map(|_| Group { waiting: VecDeque::new(), holds: true }).collect() }
    }

    /// Adds events of a group, which may be out of order among themselves.
    pub(crate) fn add(&mut self, group: usize, mut events: Vec<LogEvent>) {
        events.sort_by_key(|event| event.timestamp);
        self.groups[group].waiting.extend(events);
    }

    /// Notes that a group has arrived at the present, or will not for a while, so that nothing waits for it.
    pub(crate) fn release(&mut self, group: usize) {
        self.groups[group].holds = false;
    }

    /// Whether all groups have arrived at the present.
    pub(crate) fn is_released(&self) -> bool {
        self.groups.iter().all(|group| !group.holds)
    }

    /// Takes the events that wait for nothing any more, with the numbers of their groups.
    pub(crate) fn take(&mut self) -> Vec<(usize, LogEvent)> {
        let mut taken = Vec::new();
        while !self.groups.iter().any(|group| group.holds && group.waiting.is_empty()) {
            let heads = self.groups.iter().enumerate();
            let heads = heads.filter_map(|(number, group)| Some((group.waiting.front()?.timestamp, number)));
            let Some((_, number)) = heads.min() else { break };
            taken.extend(self.groups[number].waiting.pop_front().map(|event| (number, event)));
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(timestamps: &[i64]) -> Vec<LogEvent> {
        let event = |timestamp: &i64| LogEvent {
            timestamp: *timestamp,
            stream: String::new(),
            id: String::new(),
            message: String::new(),
        };
        timestamps.iter().map(event).collect()
    }

    fn taken(merge: &mut Merge) -> Vec<(usize, i64)> {
        merge.take().into_iter().map(|(group, event)| (group, event.timestamp)).collect()
    }

    #[test]
    fn groups_are_merged_by_time_until_they_are_at_the_present() {
        let mut merge = Merge::new(2);
        merge.add(0, events(&[1, 5, 9]));
        assert_eq!(taken(&mut merge), [], "the other group may have earlier ones");
        merge.add(1, events(&[2, 6]));
        assert_eq!(taken(&mut merge), [(0, 1), (1, 2), (0, 5), (1, 6)]);
        merge.release(1);
        assert_eq!(taken(&mut merge), [(0, 9)]);
        merge.release(0);
        merge.add(1, events(&[4, 3]));
        assert_eq!(taken(&mut merge), [(1, 3), (1, 4)]);
    }

    #[test]
    fn a_group_without_events_holds_no_other_once_it_is_released() {
        let mut merge = Merge::new(2);
        merge.add(0, events(&[1]));
        merge.release(0);
        assert_eq!(taken(&mut merge), []);
        merge.release(1);
        assert_eq!(taken(&mut merge), [(0, 1)]);
    }
}
