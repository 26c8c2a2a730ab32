//! Resources that instances share here and not on Lambda: the machine's ports and files.
//!
//! A second instance that fails on what the first one holds is the usual way to notice, and its message names neither.

/// What a process says when a port is taken, in lower case; the numbers are those of Linux, macOS and Windows.
const PORT: [&str; 5] = ["address already in use", "addrinuse", "(os error 98)", "(os error 48)", "(os error 10048)"];
/// What SQLite, redb, sled and RocksDB say when a file is locked.
const FILE: [&str; 6] = [
    "database is locked",
    "database table is locked",
    "database already open",
    "could not acquire lock",
    "while lock file",
    "resource temporarily unavailable",
];

/// Why a process failed, if these texts of its tell that a port or a file was taken. `has_others` is whether another
/// instance runs.
pub(crate) fn hint(texts: &[&[u8]], has_others: bool) -> Option<&'static str> {
    let mentions = |patterns: &[&str]| {
        texts.iter().any(|text| {
            let text = text.to_ascii_lowercase();
            patterns.iter().any(|pattern| memchr::memmem::find(&text, pattern.as_bytes()).is_some())
        })
    };
    if mentions(&PORT) {
        return Some(if has_others {
            "another instance of the app has that port: on Lambda each has ports of its own, here they share this \
             machine's; `--concurrency 1` runs one at a time"
        } else {
            "another program on this machine has that port"
        });
    }
    mentions(&FILE).then_some(if has_others {
        "another instance of the app has that file open: on Lambda each has a `/tmp` of its own, here they share this \
         machine's; keep the file in the folder that `TMPDIR` names, or run one at a time by `--concurrency 1`"
    } else {
        "another program on this machine has that file open"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_and_a_locked_file_are_distinguished_from_other_failures() {
        for (text, expected) in [
            ("Error: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }", Some("that port")),
            ("Error: Address already in use (os error 48)", Some("that port")),
            ("Error: only one usage of each socket address is permitted. (os error 10048)", Some("that port")),
            ("SqliteFailure(Error { code: DatabaseBusy }, Some(\"database is locked\"))", Some("that file")),
            ("DatabaseAlreadyOpen: Database already open. Cannot acquire lock.", Some("that file")),
            ("IO error: While lock file: /data/LOCK: Resource temporarily unavailable", Some("that file")),
            ("could not acquire lock on \"/data/db\": Os { code: 11, kind: WouldBlock }", Some("that file")),
            ("thread 'main' panicked at src/main.rs:3:5", None),
            ("connection refused (os error 111)", None),
        ] {
            let shared = hint(&[b"before\n", text.as_bytes()], true);
            assert_eq!(shared.is_some(), expected.is_some(), "{text}");
            if let (Some(shared), Some(expected)) = (shared, expected) {
                assert!(shared.contains(expected) && shared.contains("`--concurrency 1`"), "{text}: {shared}");
                let alone = hint(&[text.as_bytes()], false).unwrap();
                assert!(alone.contains(expected) && alone.starts_with("another program"), "{text}: {alone}");
            }
        }
    }
}
