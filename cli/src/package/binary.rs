//! Checks of the binary before the upload: architecture, loader, GLIBC version and shared libraries, whose errors would
//! otherwise appear only on Lambda.

use std::{fs::File, io::SeekFrom, path::Path};

use object::{
    Endianness, FileKind, ReadCache, ReadRef, elf,
    read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _},
};

use super::Error;
use crate::settings::Architecture;

/// The C library of `provided.al2023`.
pub(super) const GLIBC: &str = "2.34";
const GLIBC_PARTS: (u32, u32) = (2, 34);

/// The facts of an ELF binary.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Facts {
    pub(super) architecture: Option<Architecture>,
    /// The architecture's name, if it is none of Lambda's.
    machine: String,
    /// The dynamic loader; `None` if it is linked statically.
    loader: Option<String>,
    /// The newest GLIBC it asks for.
    glibc: Option<Newest>,
    /// The libraries that are loaded with it.
    libraries: Vec<String>,
    /// Whether a panic aborts it: it was written in Rust and cannot unwind.
    aborts: bool,
}

/// A version of GLIBC, and what asks for it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Newest {
    parts: (u32, u32),
    /// The version, as the binary writes it after `GLIBC_`.
    name: String,
    symbol: Option<String>,
}

/// Libraries that belong to GLIBC and the compiler, which the runtime has.
const LIBRARIES: [&str; 11] = [
    "ld-linux-",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
    "libanl.so.1",
];

impl Facts {
    /// Libraries that the runtime may not have and `files` does not bring: Lambda's loader searches the root and `lib`.
    pub(super) fn foreign_libraries(&self, has_file: impl Fn(&str) -> bool) -> Vec<&str> {
        let is_known = |name: &str| LIBRARIES.iter().any(|known| name.starts_with(known));
        let is_brought = |name: &str| has_file(name) || has_file(&format!("lib/{name}"));
        self.libraries.iter().map(String::as_str).filter(|name| !is_known(name) && !is_brought(name)).collect()
    }

    /// Whether a panic aborts the process.
    pub(super) fn aborts_on_panic(&self) -> bool {
        self.aborts
    }
}

/// Reads the facts of a binary.
pub(super) fn read(path: &Path, shown: &Path) -> Result<Facts, Error> {
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    facts(file).map_err(|reason| Error::NotElf { path: shown.to_owned(), reason })
}

/// The same from an open file.
pub(super) fn facts(file: impl std::io::Read + std::io::Seek) -> Result<Facts, String> {
    let cache = ReadCache::new(file);
    let kind = FileKind::parse(&cache).map_err(|_| "it is not an executable of a known format".to_owned())?;
    if kind != FileKind::Elf64 {
        return Err(format!("it is {}", format!("{kind:?}").to_lowercase()));
    }
    parsed(&cache).map_err(|error| match error {
        BinaryError::Object(error) => error.to_string(),
        BinaryError::Reason(reason) => reason.to_owned(),
    })
}

/// The reason why an ELF file is not supported.
enum BinaryError {
    Object(object::read::Error),
    Reason(&'static str),
}

impl From<object::read::Error> for BinaryError {
    fn from(error: object::read::Error) -> Self {
        Self::Object(error)
    }
}

type Elf<'a, R> = ElfFile64<'a, Endianness, R>;

fn parsed<'a, R: ReadRef<'a>>(data: R) -> Result<Facts, BinaryError> {
    let file: Elf<'a, R> = ElfFile64::parse(data)?;
    let (endian, header) = (file.endian(), file.elf_header());
    let (architecture, machine) = match header.e_machine(endian) {
        elf::EM_AARCH64 => (Some(Architecture::Arm64), "arm64".to_owned()),
        elf::EM_X86_64 => (Some(Architecture::X86_64), "x86_64".to_owned()),
        other => (None, format!("machine {}", other.0)),
    };
    match header.e_type(endian) {
        elf::ET_EXEC | elf::ET_DYN if header.e_entry(endian) != 0 => {}
        elf::ET_DYN => return Err(BinaryError::Reason("it is a library")),
        _ => return Err(BinaryError::Reason("it is an object file")),
    }
    let mut loader = None;
    for segment in file.elf_program_headers() {
        if let Some(name) = segment.interpreter(endian, data)? {
            loader = Some(String::from_utf8_lossy(name).into_owned());
        }
    }
    let sections = file.elf_section_table();
    let mut libraries = Vec::new();
    let dynamic = sections.dynamic_table(endian, data)?;
    for entry in dynamic.iter().filter(|entry| entry.tag == elf::DT_NEEDED) {
        libraries.push(String::from_utf8_lossy(dynamic.string(entry)?).into_owned());
    }
    let symbols = imports(&file)?;
    let has = |name: &str| symbols.iter().any(|symbol| symbol.name.starts_with(name));
    // Rust's standard library always walks the stack for backtraces, and only raises where panics unwind.
    let aborts = has("_Unwind_Backtrace") && !has("_Unwind_RaiseException");
    Ok(Facts { architecture, machine, loader, glibc: glibc(&file, &symbols)?, libraries, aborts })
}

/// A symbol that comes from a library.
struct Import {
    name: String,
    version: Option<Vec<u8>>,
}

fn imports<'a, R: ReadRef<'a>>(file: &Elf<'a, R>) -> Result<Vec<Import>, BinaryError> {
    let (endian, data, sections) = (file.endian(), file.data(), file.elf_section_table());
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let versions = sections.versions(endian, data)?;
    let mut imports = Vec::with_capacity(symbols.len());
    for (index, symbol) in symbols.enumerate() {
        let version = versions.as_ref().and_then(|versions| {
            let index = versions.version_index(endian, index);
            Some(versions.version(index.index()).ok()??.name().to_owned())
        });
        let name = String::from_utf8_lossy(symbols.symbol_name(endian, symbol)?).into_owned();
        imports.push(Import { name, version });
    }
    Ok(imports)
}

/// The newest version that the file needs. Not all have a symbol: relocations of a new kind are a version too.
fn glibc<'a, R: ReadRef<'a>>(file: &Elf<'a, R>, imports: &[Import]) -> Result<Option<Newest>, BinaryError> {
    let (endian, data, sections) = (file.endian(), file.data(), file.elf_section_table());
    let Some((mut needs, link)) = sections.gnu_verneed(endian, data)? else { return Ok(None) };
    let strings = sections.strings(endian, data, link)?;
    let mut newest: Option<Newest> = None;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            // The loader ignores a missing version that only weak symbols need.
            if version.vna_flags.get(endian).0 & elf::VER_FLG_WEAK.0 != 0 {
                continue;
            }
            let name = version.name(endian, strings)?;
            let Some(parts) = parts(name) else { continue };
            if newest.as_ref().is_none_or(|known| parts > known.parts) {
                let import = imports.iter().find(|import| import.version.as_deref() == Some(name));
                newest = Some(Newest {
                    parts,
                    name: String::from_utf8_lossy(name).trim_start_matches("GLIBC_").to_owned(),
                    symbol: import.map(|import| import.name.clone()),
                });
            }
        }
    }
    Ok(newest)
}

/// `(2, 34)` of `GLIBC_2.34` and of `GLIBC_2.2.5` its first two.
fn parts(name: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    if text.starts_with("ABI_") {
        // `GLIBC_ABI_DT_RELR` came with 2.36, the others later.
        return Some((2, 36));
    }
    let mut numbers = text.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Checks that Lambda can run the binary.
pub(super) fn check(path: &Path, facts: &Facts, request: Architecture) -> Result<(), Error> {
    if facts.architecture != Some(request) {
        return Err(Error::OtherArchitecture {
            path: path.to_owned(),
            found: facts.machine.clone(),
            request: request.word(),
        });
    }
    let own = match request {
        Architecture::Arm64 => "/lib/ld-linux-aarch64.so.1",
        Architecture::X86_64 => "/lib64/ld-linux-x86-64.so.2",
    };
    if let Some(loader) = facts.loader.as_ref().filter(|loader| *loader != own) {
        return Err(Error::OtherLoader { path: path.to_owned(), loader: loader.clone() });
    }
    match &facts.glibc {
        Some(newest) if newest.parts > GLIBC_PARTS => {
            Err(Error::NewerGlibc { path: path.to_owned(), needed: newest.name.clone(), symbol: newest.symbol.clone() })
        }
        _ => Ok(()),
    }
}

/// Whether a file is an executable at all.
pub(super) fn begins_as_elf(file: &mut (impl std::io::Read + std::io::Seek)) -> bool {
    let mut magic = [0; 4];
    file.seek(SeekFrom::Start(0)).is_ok() && file.read_exact(&mut magic).is_ok() && magic == *b"\x7fELF"
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A program that needs GLIBC's `2.2.5` and `version`, flagged with `flags`, made by hand as small as it can be.
    fn program(machine: u16, kind: u16, loader: &str, version: &str, flags: u16) -> Vec<u8> {
        let mut strings = b"\0libc.so.6\0GLIBC_2.2.5\0puts\0arc4random\0".to_vec();
        let name = strings.len() as u32;
        strings.extend_from_slice(version.as_bytes());
        strings.extend_from_slice(b"\0libpq.so.5\0");
        let loader = [loader.as_bytes(), b"\0"].concat();

        let half = |value: u16| value.to_le_bytes().to_vec();
        let word = |value: u32| value.to_le_bytes().to_vec();
        let long = |value: usize| (value as u64).to_le_bytes().to_vec();
        let symbol = |name: u32| [word(name), vec![0x12, 0], half(0), long(0), long(0)].concat();
        let symbols = [vec![0; 24], symbol(23), symbol(28)].concat();
        let versions = [half(0), half(2), half(3)].concat();
        let needs = [
            [half(1), half(2), word(1), word(16), word(0)].concat(),
            [word(0), half(0), half(2), word(11), word(16)].concat(),
            [word(0), half(flags), half(3), word(name), word(0)].concat(),
        ]
        .concat();
        let needed = |offset: usize| [long(1), long(offset)].concat();
        let libraries = [needed(1), needed(name as usize + version.len() + 1), [long(0), long(0)].concat()].concat();

        // The sections follow the header and one program header; the section headers are at the end.
        let mut body = Vec::new();
        let mut append = |bytes: &[u8]| {
            let offset = 64 + 56 + body.len();
            body.extend_from_slice(bytes);
            body.resize(body.len().next_multiple_of(8), 0);
            (offset, bytes.len())
        };
        let loader = append(&loader);
        let sections = [
            (0, (0, 0), 0, 0),
            (3, append(&strings), 0, 0),
            (elf::SHT_DYNSYM.0, append(&symbols), 1, 24),
            (elf::SHT_GNU_VERSYM.0, append(&versions), 2, 2),
            (elf::SHT_GNU_VERNEED.0, append(&needs), 1, 0),
            (elf::SHT_DYNAMIC.0, append(&libraries), 1, 16),
        ];
        let header = [
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
            [half(kind), half(machine), word(1), long(0x1000), long(64), long(64 + 56 + body.len())].concat(),
            [word(0), half(64), half(56), half(1), half(64), half(sections.len() as u16), half(1)].concat(),
        ]
        .concat();
        let segment = [word(3), word(4), long(loader.0), long(0), long(0), long(loader.1), long(loader.1), long(1)];
        let mut file = [header, segment.concat(), body].concat();
        for (kind, (offset, size), link, entry) in sections {
            let info = u32::from(kind == elf::SHT_GNU_VERNEED.0);
            file.extend([word(0), word(kind), long(0), long(0), long(offset), long(size)].concat());
            file.extend([word(link), word(info), long(8), long(entry)].concat());
        }
        file
    }

    const X86: u16 = 62;
    const DYNAMIC: u16 = 3;
    const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

    fn verdict(bytes: Vec<u8>) -> String {
        let path = Path::new("app");
        let facts = facts(Cursor::new(bytes)).map_err(|reason| Error::NotElf { path: path.to_owned(), reason });
        match facts.and_then(|facts| check(path, &facts, Architecture::X86_64)) {
            Ok(()) => "fits".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_lambda_cannot_start_is_distinguished() {
        for (bytes, expected) in [
            (program(X86, DYNAMIC, LOADER, "GLIBC_2.34", 0), "fits"),
            (
                program(X86, DYNAMIC, LOADER, "GLIBC_2.36", 0),
                "`app` needs GLIBC 2.36 (for `arc4random`), and Lambda's `provided.al2023` has 2.34",
            ),
            (program(X86, DYNAMIC, LOADER, "GLIBC_2.36", 2), "fits"),
            (program(X86, DYNAMIC, LOADER, "GLIBC_PRIVATE", 0), "fits"),
            (
                program(X86, DYNAMIC, LOADER, "GLIBC_ABI_DT_RELR", 0),
                "`app` needs GLIBC ABI_DT_RELR (for `arc4random`), and Lambda's `provided.al2023` has 2.34",
            ),
            (
                program(183, DYNAMIC, LOADER, "GLIBC_2.34", 0),
                "`app` is built for arm64, and `architecture` is `x86_64`",
            ),
            (
                program(243, DYNAMIC, LOADER, "GLIBC_2.34", 0),
                "`app` is built for machine 243, and `architecture` is `x86_64`",
            ),
            (
                program(X86, DYNAMIC, "/lib/ld-musl-x86_64.so.1", "GLIBC_2.2", 0),
                "`app` is started by `/lib/ld-musl-x86_64.so.1`, which Lambda's `provided.al2023` does not have",
            ),
            (program(X86, 1, LOADER, "GLIBC_2.34", 0), "`app` is not a program for Linux: it is an object file"),
            (
                b"\x7fELF\x01\x01\x01".to_vec(),
                "`app` is not a program for Linux: it is not an executable of a known format",
            ),
            (vec![0; 100], "`app` is not a program for Linux: it is not an executable of a known format"),
        ] {
            assert_eq!(verdict(bytes), expected);
        }
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_an_answer_and_no_panic() {
        let whole = program(X86, DYNAMIC, LOADER, "GLIBC_2.36", 0);
        for length in 0..whole.len() {
            let _ = verdict(whole[..length].to_vec());
        }
    }

    #[test]
    fn libraries_that_lambda_may_not_have_are_named_unless_they_are_brought() {
        let facts = facts(Cursor::new(program(X86, DYNAMIC, LOADER, "GLIBC_2.34", 0))).unwrap();
        assert_eq!(facts.foreign_libraries(|_| false), ["libpq.so.5"]);
        assert!(facts.foreign_libraries(|name| name == "lib/libpq.so.5").is_empty());
    }

    #[test]
    fn this_very_test_unwinds_and_is_read() {
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            let own = std::env::current_exe().unwrap();
            let facts = read(&own, &own).unwrap();
            assert!(facts.architecture.is_some() && facts.loader.is_some() && !facts.aborts, "{facts:?}");
        }
    }
}
