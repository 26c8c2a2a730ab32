//! Which files a build was made of, and when one of them changes.
//!
//! Cargo's own dep-info says what matters beside Rust sources, so an application that writes into its folder (a database, a
//! log) does not make a circle of builds. Hidden and ignored folders are not looked at.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

use ignore::WalkBuilder;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, event::ModifyKind};
use tokio::sync::mpsc;

/// How long the file system must be quiet: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(80);

/// A watched workspace.
pub(crate) struct Watch {
    root: PathBuf,
    target_directory: PathBuf,
    sources: HashSet<PathBuf>,
    /// `Cargo.lock` as the last build left it: cargo's own writing is no edit.
    lock: Option<Vec<u8>>,
    watched: HashSet<PathBuf>,
    watcher: RecommendedWatcher,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn new(root: &Path, target_directory: &Path) -> notify::Result<Self> {
        let (sender, events) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Ok(event) = event {
                // The receiver goes when the tool ends.
                let _ = sender.send(event);
            }
        })?;
        let mut watch = Self {
            root: root.canonicalize().unwrap_or_else(|_| root.to_owned()),
            target_directory: target_directory.to_owned(),
            sources: HashSet::new(),
            lock: None,
            watched: HashSet::new(),
            watcher,
            events,
        };
        let root = watch.root.clone();
        watch.add_folders(&root)?;
        Ok(watch)
    }

    /// A build has ended, well or not.
    pub(crate) fn set_built(&mut self) {
        self.lock = std::fs::read(self.root.join("Cargo.lock")).ok();
    }

    /// Also watches what cargo says the last build was made of, wherever it is.
    pub(crate) fn set_sources(&mut self, sources: Vec<PathBuf>) {
        for source in &sources {
            if let Some(folder) = source.parent() {
                // A folder that is gone cannot change.
                let _ = self.add_folder(folder);
            }
        }
        self.sources = sources.into_iter().collect();
    }

    /// Waits until files that matter have changed and names the first.
    pub(crate) async fn changed(&mut self) -> Option<PathBuf> {
        let mut changed = None;
        loop {
            let event = match &changed {
                None => self.events.recv().await?,
                Some(_) => match tokio::time::timeout(QUIET, self.events.recv()).await {
                    Ok(event) => event?,
                    Err(_) => return changed,
                },
            };
            let found = self.relevant(&event);
            changed = changed.or(found);
        }
    }

    /// A path as the user knows it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    fn relevant(&mut self, event: &Event) -> Option<PathBuf> {
        match event.kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => return None,
            EventKind::Create(_) => {
                for path in event.paths.iter().filter(|path| path.is_dir()) {
                    let _ = self.add_folders(path);
                }
            }
            _ => {}
        }
        event.paths.iter().find(|path| !path.starts_with(&self.target_directory) && self.matters(path)).cloned()
    }

    fn matters(&self, path: &Path) -> bool {
        if self.sources.contains(path) {
            return true;
        }
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == "Cargo.lock" {
            return std::fs::read(path).ok() != self.lock;
        }
        let is_source = Path::new(name).extension().is_some_and(|extension| extension == "rs");
        // Editors keep `.#main.rs` and `main.rs~` beside a file.
        is_source && !name.starts_with('.')
            || matches!(name, "Cargo.toml" | "rust-toolchain" | "rust-toolchain.toml")
            || path.ends_with(".cargo/config.toml")
    }

    fn add_folders(&mut self, root: &Path) -> notify::Result<()> {
        let target = self.target_directory.clone();
        let walk = WalkBuilder::new(root).filter_entry(move |entry| !entry.path().starts_with(&target)).build();
        for entry in walk.filter_map(Result::ok) {
            if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                self.add_folder(entry.path())?;
            }
        }
        let cargo = root.join(".cargo");
        if cargo.is_dir() {
            self.add_folder(&cargo)?;
        }
        Ok(())
    }

    /// Each folder by itself: watching the root with all below would watch the target folder too.
    fn add_folder(&mut self, folder: &Path) -> notify::Result<()> {
        if self.watched.insert(folder.to_owned()) {
            self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(())
    }
}
