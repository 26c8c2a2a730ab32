//! What is kept: bookmarks and files, in the memory of this process.

use axum::{body::Bytes, extract::FromRef, http::HeaderValue};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A page worth coming back to, as clients send it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Draft {
    pub(crate) url: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
}

impl Draft {
    /// Whether the page may be linked to: `javascript:` and its like may not.
    pub(crate) fn is_web_page(&self) -> bool {
        self.url.starts_with("https://") || self.url.starts_with("http://")
    }
}

/// A draft that was given its number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bookmark {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) draft: Draft,
}

/// A file as it was uploaded.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) content_type: HeaderValue,
    pub(crate) bytes: Bytes,
}

/// All bookmarks and files; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store(Arc<Mutex<Shelves>>);

#[derive(Debug, Default)]
struct Shelves {
    last_id: u64,
    bookmarks: BTreeMap<u64, Draft>,
    files: BTreeMap<String, File>,
}

impl Store {
    // Each method leaves the maps whole, so a panic elsewhere under the lock has spoiled nothing.
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bookmarks(&self) -> Vec<Bookmark> {
        self.shelves().bookmarks.iter().map(|(&id, draft)| Bookmark { id, draft: draft.clone() }).collect()
    }

    pub(crate) fn bookmark(&self, id: u64) -> Option<Bookmark> {
        self.shelves().bookmarks.get(&id).cloned().map(|draft| Bookmark { id, draft })
    }

    pub(crate) fn add(&self, draft: Draft) -> Bookmark {
        let mut shelves = self.shelves();
        shelves.last_id += 1;
        let id = shelves.last_id;
        shelves.bookmarks.insert(id, draft.clone());
        Bookmark { id, draft }
    }

    /// Replaces bookmark `id` with `draft`, if there is one.
    pub(crate) fn replace(&self, id: u64, draft: Draft) -> Option<Bookmark> {
        let mut shelves = self.shelves();
        let bookmark = shelves.bookmarks.get_mut(&id)?;
        bookmark.clone_from(&draft);
        Some(Bookmark { id, draft })
    }

    /// Says whether there was one.
    pub(crate) fn remove(&self, id: u64) -> bool {
        self.shelves().bookmarks.remove(&id).is_some()
    }

    /// Names and sizes, by name.
    pub(crate) fn files(&self) -> Vec<(String, usize)> {
        self.shelves().files.iter().map(|(name, file)| (name.clone(), file.bytes.len())).collect()
    }

    pub(crate) fn file(&self, name: &str) -> Option<File> {
        self.shelves().files.get(name).cloned()
    }

    /// Says whether the name was free.
    pub(crate) fn put_file(&self, name: String, file: File) -> bool {
        self.shelves().files.insert(name, file).is_none()
    }

    /// Says whether there was one.
    pub(crate) fn remove_file(&self, name: &str) -> bool {
        self.shelves().files.remove(name).is_some()
    }
}

impl FromRef<super::State> for Store {
    fn from_ref(state: &super::State) -> Self {
        state.store.clone()
    }
}
