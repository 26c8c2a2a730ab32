//! Looks at the binary before anything is uploaded: what would only fail on Lambda fails here.

use std::{fs::File, io::SeekFrom, path::Path};

use object::{
    Endianness, FileKind, ReadCache,
    read::elf::{ElfFile64, FileHeader as _},
};

use super::Error;
use crate::settings::Architecture;

/// The C library of `provided.al2023`.
pub(super) const GLIBC: &str = "2.34";
const GLIBC_PARTS: (u32, u32) = (2, 34);

/// A version of GLIBC, and a symbol that asks for it.
type Newest = ((u32, u32), String);

/// What a binary says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Facts {
    pub(super) architecture: Option<Architecture>,
    /// What the machine is called where it is none of Lambda's.
    pub(super) machine: String,
    /// The newest GLIBC it asks for, and a symbol that does; `None` if it is linked statically.
    pub(super) glibc: Option<Newest>,
}

/// Reads the facts.
pub(super) fn read(path: &Path) -> Result<Facts, Error> {
    let file = File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NoBinary { path: path.to_owned() },
        _ => Error::Read { path: path.to_owned(), source },
    })?;
    facts(file).map_err(|reason| Error::NotElf { path: path.to_owned(), reason })
}

/// The same from an open file.
pub(super) fn facts(file: impl std::io::Read + std::io::Seek) -> Result<Facts, String> {
    let cache = ReadCache::new(file);
    let kind = FileKind::parse(&cache).map_err(|_| "it is no executable that is known".to_owned())?;
    if kind != FileKind::Elf64 {
        return Err(format!("it is {}", format!("{kind:?}").to_lowercase()));
    }
    let elf: ElfFile64<'_, Endianness, _> = ElfFile64::parse(&cache).map_err(|error| error.to_string())?;
    let endian = elf.endian();
    let header = elf.elf_header();
    let (architecture, machine) = match header.e_machine(endian) {
        object::elf::EM_AARCH64 => (Some(Architecture::Arm64), "arm64".to_owned()),
        object::elf::EM_X86_64 => (Some(Architecture::X86_64), "x86_64".to_owned()),
        other => (None, format!("machine {other}")),
    };
    let kind = header.e_type(endian);
    if kind != object::elf::ET_EXEC && kind != object::elf::ET_DYN {
        return Err("it is no program".to_owned());
    }
    Ok(Facts { architecture, machine, glibc: glibc(&elf)? })
}

/// Whether Lambda runs it.
pub(super) fn check(path: &Path, facts: &Facts, wanted: Architecture) -> Result<(), Error> {
    if facts.architecture != Some(wanted) {
        return Err(Error::OtherArchitecture {
            path: path.to_owned(),
            found: facts.machine.clone(),
            wanted: wanted.word(),
        });
    }
    match &facts.glibc {
        Some((version, symbol)) if *version > GLIBC_PARTS => Err(Error::NewerGlibc {
            path: path.to_owned(),
            needed: format!("{}.{}", version.0, version.1),
            symbol: symbol.clone(),
        }),
        _ => Ok(()),
    }
}

type Elf<'a, R> = ElfFile64<'a, Endianness, R>;

/// The newest version that a symbol asks for.
fn glibc<'a, R: object::ReadRef<'a>>(elf: &Elf<'a, R>) -> Result<Option<Newest>, String> {
    let (endian, data) = (elf.endian(), elf.data());
    let sections = elf.elf_section_table();
    let versions = sections.versions(endian, data).map_err(|error| error.to_string())?;
    let Some(versions) = versions else { return Ok(None) };
    let symbols = sections.symbols(endian, data, object::elf::SHT_DYNSYM).map_err(|error| error.to_string())?;
    let mut newest: Option<Newest> = None;
    for (index, symbol) in symbols.enumerate() {
        let version = versions.version_index(endian, index);
        let Ok(Some(version)) = versions.version(version.index()) else { continue };
        let Some(parts) = parts(version.name()) else { continue };
        if newest.as_ref().is_none_or(|(known, _)| parts > *known) {
            let name = symbols.symbol_name(endian, symbol).unwrap_or_default();
            newest = Some((parts, String::from_utf8_lossy(name).into_owned()));
        }
    }
    Ok(newest)
}

/// `(2, 34)` of `GLIBC_2.34` and of `GLIBC_2.2.5` its first two.
fn parts(name: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut numbers = text.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// How much of a file is read to see whether it is a program at all.
pub(super) fn begins_as_elf(file: &mut (impl std::io::Read + std::io::Seek)) -> bool {
    let mut magic = [0; 4];
    file.seek(SeekFrom::Start(0)).is_ok() && file.read_exact(&mut magic).is_ok() && magic == *b"\x7fELF"
}
