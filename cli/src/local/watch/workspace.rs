//! A watched workspace: its sources, its dependencies outside, what is included, and which of these have changed.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{Event, EventKind, event::ModifyKind};
use tokio::sync::mpsc;

use super::{
    content::fingerprint,
    folders::Folders,
    include::Include,
    manifest,
    source::{self, is_source},
};

/// The debounce interval, for which the file system must be quiet: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(80);

/// A watched workspace and what is outside of it.
pub(crate) struct Watch {
    root: PathBuf,
    target_directory: PathBuf,
    /// The workspace and the packages outside of it.
    packages: Vec<PathBuf>,
    /// The files that count whatever their name, by the path in events.
    followed: HashSet<PathBuf>,
    /// The targets of links, and the paths by which they are followed.
    aliases: HashMap<PathBuf, BTreeSet<PathBuf>>,
    include: Option<Include>,
    roots: Vec<PathBuf>,
    included: BTreeSet<PathBuf>,
    /// The fingerprint of each file when it was last examined.
    seen: HashMap<PathBuf, Option<u64>>,
    /// The paths of the events since then, in their order.
    touched: Vec<PathBuf>,
    changed: Vec<PathBuf>,
    folders: Folders,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Watch {
    /// Begins to watch a workspace and the packages outside of it that it depends on.
    pub(crate) fn new(root: &Path, target_directory: &Path) -> notify::Result<Self> {
        let mut watch = Self::of_files(root, target_directory)?;
        watch.followed.insert(watch.lock());
        let root = watch.root.clone();
        watch.add_sources(&root)?;
        watch.packages.push(root);
        watch.add_dependencies();
        Ok(watch)
    }

    /// Begins to watch nothing but what [`follow`](Self::follow) names. Sources count outside of the target directory; with
    /// an empty path for it, none does.
    pub(crate) fn of_files(root: &Path, target_directory: &Path) -> notify::Result<Self> {
        let (sender, events) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Ok(event) = event {
                // The receiver goes when the tool ends.
                let _ = sender.send(event);
            }
        })?;
        Ok(Self {
            root: real(root),
            target_directory: real(target_directory),
            packages: Vec::new(),
            followed: HashSet::new(),
            aliases: HashMap::new(),
            include: None,
            roots: Vec::new(),
            included: BTreeSet::new(),
            seen: HashMap::new(),
            touched: Vec::new(),
            changed: Vec::new(),
            folders: Folders::new(watcher),
            events,
        })
    }

    /// Forgets the changes that a build, which has ended, well or not, makes needless: cargo's own writing of
    /// `Cargo.lock`, and whatever happened to included files that the build was not made of.
    ///
    /// A build script may write other bytes there at every build. An edit is not lost, as included files are read after
    /// this.
    pub(crate) fn set_built(&mut self) {
        let before = self.add_included();
        let (sources, mut read_later): (BTreeSet<_>, BTreeSet<_>) =
            self.included.union(&before).cloned().partition(|path| self.matters(path));
        let moved = sources.into_iter().filter(|path| before.contains(path) != self.included.contains(path));
        moved.collect::<Vec<_>>().into_iter().for_each(|path| self.note(path));
        read_later.insert(self.lock());
        for path in &read_later {
            self.seen.insert(path.clone(), fingerprint(path));
        }
        self.changed.retain(|path| !read_later.contains(path));
    }

    /// Also follows these files, wherever they are, and whether or not they are there: what cargo says the last build
    /// was made of, the settings.
    pub(crate) fn follow(&mut self, files: impl IntoIterator<Item = PathBuf>) {
        for file in files {
            let Some((folder, name)) = file.parent().zip(file.file_name()) else { continue };
            let path = real(folder).join(name);
            if self.followed.insert(path.clone()) {
                self.add_file(&path);
            }
        }
    }

    /// Follows what is included from now on, new files too.
    pub(crate) fn set_include(&mut self, mut include: Include) {
        include.directory = real(&include.directory);
        include.target_directory = real(&include.target_directory);
        self.roots = include.roots();
        self.include = Some(include);
        self.add_included();
    }

    /// Waits until files that matter have changed and names them. Nothing is lost if it is not waited for to the end.
    pub(crate) async fn next_change(&mut self) -> Option<Vec<PathBuf>> {
        loop {
            if self.touched.is_empty() && self.changed.is_empty() {
                let event = self.events.recv().await?;
                self.touch(event);
                continue;
            }
            match tokio::time::timeout(QUIET, self.events.recv()).await {
                Ok(event) => self.touch(event?),
                Err(_) => {
                    self.examine();
                    if !self.changed.is_empty() {
                        return Some(std::mem::take(&mut self.changed));
                    }
                }
            }
        }
    }

    /// Gives back what [`changed`](Self::changed) named, to be named again.
    pub(crate) fn put_back(&mut self, changed: Vec<PathBuf>) {
        self.changed.splice(0..0, changed);
    }

    /// A path as the user knows it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Whether a path that was given and one that is named as changed are of one file.
    pub(crate) fn is_same(&self, given: &Path, named: &Path) -> bool {
        given.file_name() == named.file_name() && given.parent().map(real) == named.parent().map(real)
    }

    fn lock(&self) -> PathBuf {
        self.root.join("Cargo.lock")
    }

    /// Notes the paths of an event. Whether they have changed is looked at when the file system is quiet: a program
    /// that writes a file may empty it first.
    fn touch(&mut self, event: Event) {
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in event.paths {
            match event.kind {
                EventKind::Remove(_) => self.forget_folders(&path),
                EventKind::Any | EventKind::Create(_) if path.is_dir() => self.add_folders(&path),
                EventKind::Modify(ModifyKind::Name(_)) => {
                    self.forget_folders(&path);
                    if path.is_dir() {
                        self.add_folders(&path);
                    }
                }
                _ => {}
            }
            let aliases = self.aliases.get(&path).cloned().unwrap_or_default();
            for path in aliases.into_iter().chain([path]) {
                if (self.matters(&path) || self.may_be_included(&path)) && !self.touched.contains(&path) {
                    self.touched.push(path);
                }
            }
        }
    }

    /// Examines the files that were touched.
    fn examine(&mut self) {
        let touched = std::mem::take(&mut self.touched);
        if touched.iter().any(|path| self.may_be_included(path)) {
            let before = self.add_included();
            let moved: Vec<PathBuf> = self.included.symmetric_difference(&before).cloned().collect();
            for path in moved {
                self.seen.insert(path.clone(), fingerprint(&path));
                self.note(path);
            }
        }
        for path in touched {
            if !self.matters(&path) && !self.included.contains(&path) {
                continue;
            }
            let now = fingerprint(&path);
            if self.seen.insert(path.clone(), now).unwrap_or_default() != now {
                self.note(path);
            }
        }
    }

    fn note(&mut self, path: PathBuf) {
        if path.ends_with("Cargo.toml") {
            self.add_dependencies();
        }
        if !self.changed.contains(&path) {
            self.changed.push(path);
        }
    }

    fn matters(&self, path: &Path) -> bool {
        self.followed.contains(path) || is_source(path) && !path.starts_with(&self.target_directory)
    }

    /// Whether an event at this path can mean that other files are included, or one of them has changed.
    fn may_be_included(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root) || root.starts_with(path))
            && self.include.as_ref().is_some_and(|include| !path.ancestors().any(|folder| include.is_passed_by(folder)))
            || self.included.contains(path)
    }

    /// Watches where included files are now, and returns which ones were known before.
    fn add_included(&mut self) -> BTreeSet<PathBuf> {
        let Some(include) = self.include.clone() else { return BTreeSet::new() };
        for root in self.roots.clone() {
            let there = root.ancestors().find(|path| path.is_dir()).unwrap_or(&root).to_owned();
            self.folders.add(&there);
            if there == root {
                self.add_tree(&root, &include);
            }
        }
        let now = include.paths();
        for path in &now {
            self.add_file(path);
        }
        std::mem::replace(&mut self.included, now)
    }

    /// Watches every folder of an included one.
    fn add_tree(&mut self, root: &Path, include: &Include) {
        for entry in include.walk(root) {
            if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                self.folders.add(entry.path());
            }
        }
    }

    /// Watches a file by its folder, and what it points to by that one's.
    fn add_file(&mut self, path: &Path) {
        self.folders.add(path.parent().unwrap_or(path));
        if let Ok(real) = path.canonicalize()
            && real != path
        {
            self.folders.add(real.parent().unwrap_or(&real));
            self.aliases.entry(real).or_default().insert(path.to_owned());
        }
        self.seen.entry(path.to_owned()).or_insert_with(|| fingerprint(path));
    }

    /// Adds a folder that was created later.
    fn add_folders(&mut self, folder: &Path) {
        let is_hidden = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if folder.ends_with(".cargo") {
            // A folder that is gone already cannot change.
            let _ = self.add_configuration(folder);
        } else if !is_hidden && self.packages.iter().any(|package| folder.starts_with(package)) {
            // Its sources came with it.
            let sources = self.add_source_folders(folder).unwrap_or_default();
            self.touched.extend(sources);
        }
    }

    /// Forgets a folder that was removed or renamed. A new one in its place has to be watched again.
    fn forget_folders(&mut self, folder: &Path) {
        let gone: Vec<PathBuf> = self.seen.keys().filter(|path| path.starts_with(folder)).cloned().collect();
        self.touched.extend(gone);
        self.folders.remove(folder);
    }

    /// Follows the packages outside the workspace that it depends on.
    fn add_dependencies(&mut self) {
        let known: Vec<PathBuf> = self.seen.keys().filter(|path| path.ends_with("Cargo.toml")).cloned().collect();
        for manifest in manifest::reached(known) {
            if let Some(folder) = manifest.parent().filter(|folder| !folder.starts_with(&self.root)) {
                let folder = folder.to_owned();
                // A workspace around a package is followed by its manifest alone.
                let is_around = self.root.starts_with(&folder) || !manifest::is_package(&manifest);
                if !is_around && !self.packages.contains(&folder) {
                    let _ = self.add_sources(&folder);
                    self.packages.push(folder);
                }
            }
            self.follow([manifest]);
        }
    }

    /// Watches a folder with all below it, and looks at the sources that it has now.
    fn add_sources(&mut self, root: &Path) -> notify::Result<()> {
        for path in self.add_source_folders(root)? {
            let now = fingerprint(&path);
            self.seen.insert(path, now);
        }
        Ok(())
    }

    /// The same without a look at the sources; these are the ones that are not known yet.
    fn add_source_folders(&mut self, root: &Path) -> notify::Result<Vec<PathBuf>> {
        let mut sources = Vec::new();
        if source::is_output_of(root, &self.target_directory) {
            return Ok(sources);
        }
        let walk = source::walk(root, &self.target_directory);
        for entry in walk {
            let path = entry.path();
            if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                self.folders.watch(path)?;
            } else if is_source(path) && !self.seen.contains_key(path) {
                sources.push(path.to_owned());
            }
        }
        let cargo = root.join(".cargo");
        if cargo.is_dir() {
            self.add_configuration(&cargo)?;
        }
        Ok(sources)
    }

    fn add_configuration(&mut self, cargo: &Path) -> notify::Result<()> {
        self.folders.watch(cargo)?;
        let configuration = cargo.join("config.toml");
        self.seen.entry(configuration.clone()).or_insert_with(|| fingerprint(&configuration));
        Ok(())
    }
}

/// The canonical path, which events name.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
#[path = "workspace_test.rs"]
mod tests;
