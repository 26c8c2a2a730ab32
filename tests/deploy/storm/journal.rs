//! What the application recorded, and what may not be in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::producer::Sent;

/// A step of a task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Begun,
    Done,
    /// The idempotent handler has returned.
    Settled,
}

#[derive(Clone, Debug)]
struct Line {
    source: String,
    group: String,
    number: u32,
    step: Step,
    process: u32,
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split(' ').collect();
        let [source, group, number, step, process] = words[..] else { return None };
        let step = match step {
            "begun" => Step::Begun,
            "done" => Step::Done,
            "settled" => Step::Settled,
            _ => return None,
        };
        let (source, group) = (source.to_owned(), group.to_owned());
        Some(Self { source, group, number: number.parse().ok()?, step, process: process.parse().ok()? })
    }
}

/// The journal, in the order in which it was written.
pub(super) struct Journal(Vec<Line>);

impl Journal {
    pub(super) fn read(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("journal")).unwrap_or_default();
        // The last line may be in the middle of being written.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        Self::parse(whole)
    }

    fn parse(text: &str) -> Self {
        Self(text.lines().map(|line| Line::read(line).unwrap_or_else(|| panic!("no line: {line:?}"))).collect())
    }

    fn of<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a Line> {
        self.0.iter().filter(move |line| line.source == source)
    }

    /// How often each task of a source took a step.
    fn count(&self, source: &str, step: Step) -> BTreeMap<u32, u32> {
        let mut count = BTreeMap::new();
        for line in self.of(source).filter(|line| line.step == step) {
            *count.entry(line.number).or_default() += 1;
        }
        count
    }

    /// The tasks that were sent and are not done.
    pub(super) fn missing(&self, sent: &Sent) -> Vec<(&'static str, u32)> {
        let mut missing = Vec::new();
        for (&source, tasks) in &sent.tasks {
            let step = if source == "payments" { Step::Settled } else { Step::Done };
            let count = self.count(source, step);
            missing.extend(tasks.keys().filter(|number| !count.contains_key(number)).map(|&number| (source, number)));
        }
        missing
    }

    /// How many times a source's tasks were delivered.
    pub(super) fn deliveries(&self, source: &str) -> usize {
        self.of(source).filter(|line| line.step == Step::Begun).count()
    }

    /// How many tasks of a source were done again.
    pub(super) fn repeated(&self, source: &str) -> u32 {
        self.count(source, Step::Done).values().map(|times| times - 1).sum()
    }

    /// The faults of order: a task that was begun before an earlier one of its group was done.
    pub(super) fn disorder(&self, source: &str, sent: &Sent) -> Vec<String> {
        let mut before: BTreeMap<u32, u32> = BTreeMap::new();
        let mut last: BTreeMap<&str, u32> = BTreeMap::new();
        for (&number, group) in &sent.tasks[source] {
            if let Some(previous) = last.insert(group, number) {
                before.insert(number, previous);
            }
        }
        let mut done = BTreeSet::new();
        let mut faults = Vec::new();
        for line in self.of(source) {
            match line.step {
                Step::Begun => {
                    if let Some(previous) = before.get(&line.number).filter(|previous| !done.contains(*previous)) {
                        faults.push(format!("{source} {} of {} before {previous}", line.number, line.group));
                    }
                }
                Step::Done => drop(done.insert(line.number)),
                Step::Settled => {}
            }
        }
        faults
    }

    /// The payments that were made again without need: after the result was stored, or by the process that made them first,
    /// which did not end in between. What is made again since a process ended is what idempotency documents.
    pub(super) fn overpaid(&self) -> Vec<String> {
        let mut settled = BTreeSet::new();
        let mut paid: BTreeMap<u32, u32> = BTreeMap::new();
        let mut faults = Vec::new();
        for line in self.of("payments") {
            match line.step {
                Step::Done => {
                    if settled.contains(&line.number) {
                        faults.push(format!("payment {} again after its result was stored", line.number));
                    }
                    if paid.insert(line.number, line.process) == Some(line.process) {
                        faults.push(format!("payment {} twice by process {}", line.number, line.process));
                    }
                }
                Step::Settled => drop(settled.insert(line.number)),
                Step::Begun => {}
            }
        }
        faults
    }
}

#[test]
fn a_journal_shows_what_was_lost_done_again_and_out_of_order() {
    let task = |number: u32| (number, "a".to_owned());
    let sent = Sent {
        tasks: [("steps", [task(1), task(2), task(3)].into()), ("payments", [task(1)].into())].into(),
        doubled: 0,
    };
    let journal =
        Journal::parse("steps a 1 begun 7\nsteps a 1 done 7\nsteps a 1 begun 8\nsteps a 1 done 8\nsteps a 3 begun 8");
    assert_eq!(journal.missing(&sent), [("payments", 1), ("steps", 2), ("steps", 3)]);
    assert_eq!((journal.repeated("steps"), journal.deliveries("steps")), (1, 3));
    assert_eq!(journal.disorder("steps", &sent), ["steps 3 of a before 2"]);

    let paid = "payments a 1 begun 7\npayments a 1 done 7\n";
    let other = "payments a 1 begun 8\npayments a 1 done 8\n";
    let settled = "payments a 1 settled 8\n";
    assert!(Journal::parse(&format!("{paid}{other}{settled}{settled}")).overpaid().is_empty());
    assert_eq!(Journal::parse(&format!("{paid}{paid}")).overpaid(), ["payment 1 twice by process 7"]);
    let again = format!("{other}{settled}{paid}");
    assert_eq!(Journal::parse(&again).overpaid(), ["payment 1 again after its result was stored"]);
}
