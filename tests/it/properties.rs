//! Whatever bytes arrive: inspection and the reading of packages answer, within bounds, and never panic.

use std::fs;
use std::io::{Cursor, Write};
use std::sync::OnceLock;

use execgov::bundle::read_upload;
use execgov::domain::capability::Package;
use execgov::domain::capability::package::{PACKAGE_BYTES, PACKAGE_FILES, PackagePath};
use execgov::domain::inspect::{FileHint, InspectError, Inspection, inspect};
use execgov::domain::schema::InputSchema;
use proptest::prelude::*;

/// The samples, by file name.
fn sources() -> &'static [(String, Vec<u8>)] {
    static SOURCES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let mut folders = vec![crate::onboarding::samples()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).expect("samples").map(|entry| entry.expect("an entry").path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "py" || end == "sh") {
                    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                    found.push((name, fs::read(&path).expect("readable")));
                }
            }
        }
        found.sort();
        assert!(found.len() >= 10, "{} samples", found.len());
        found
    })
}

/// One change to a text: what an editor, a bad disk or a hostile mind does.
#[derive(Debug, Clone)]
enum Edit {
    Cut { at: usize, len: usize },
    Double { at: usize, len: usize },
    Flip { at: usize, bit: u8 },
    Put { at: usize, what: Vec<u8> },
    Nest { at: usize, depth: usize },
}

fn edit() -> impl Strategy<Value = Edit> {
    let token = prop::sample::select(vec![
        "(",
        ")",
        "[",
        "{",
        "}",
        "\"\"\"",
        "'",
        "\\",
        "\n",
        "\t",
        "    ",
        "#",
        "# /// script\n",
        "# ///\n",
        "def main(",
        "lambda",
        "*",
        "**",
        ":",
        "=",
        "...",
        "\u{feff}",
        "\u{202e}",
        "\0",
        "数据",
        "@click.option(",
        "p.add_argument(",
        "import ",
        "match x:\n",
        "f'{",
        "class ",
        "yield ",
        "0x",
        "1e999",
        "async ",
        "$(",
        "`",
        "<<EOF\n",
        "getopts ",
        "${",
        "case ",
        ";;",
        "\r\n",
    ]);
    prop_oneof![
        (any::<usize>(), 1..200_usize).prop_map(|(at, len)| Edit::Cut { at, len }),
        (any::<usize>(), 1..400_usize).prop_map(|(at, len)| Edit::Double { at, len }),
        (any::<usize>(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip { at, bit }),
        (any::<usize>(), token).prop_map(|(at, token)| Edit::Put { at, what: token.as_bytes().to_vec() }),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, what)| Edit::Put { at, what }),
        (any::<usize>(), 1..3_000_usize).prop_map(|(at, depth)| Edit::Nest { at, depth }),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    let place = |at: usize| at % (bytes.len() + 1);
    match edit {
        Edit::Cut { at, len } => {
            let at = place(*at);
            drop(bytes.drain(at..(at + len).min(bytes.len())));
        }
        Edit::Double { at, len } => {
            let at = place(*at);
            let part = bytes[at..(at + len).min(bytes.len())].to_vec();
            drop(bytes.splice(at..at, part));
        }
        Edit::Flip { at, bit } if !bytes.is_empty() => {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        Edit::Flip { .. } => {}
        Edit::Put { at, what } => {
            let at = place(*at);
            drop(bytes.splice(at..at, what.iter().copied()));
        }
        Edit::Nest { at, depth } => {
            let at = place(*at);
            drop(bytes.splice(at..at, std::iter::repeat_n(b'(', *depth)));
        }
    }
}

fn judge(name: &str, bytes: Vec<u8>) -> Result<Inspection, InspectError> {
    let size = bytes.len();
    let package = Package::single(PackagePath::parse(name).expect("a path"), bytes);
    let found = inspect(&package, &FileHint::new(name))?;
    // What is found can be stored, shown and used for checking inputs.
    InputSchema::compile(&found.manifest.inputs).unwrap_or_else(|error| panic!("the inputs are no schema: {error}"));
    let stored = serde_json::to_string(&found.manifest).expect("JSON");
    assert_eq!(serde_json::from_str::<execgov::domain::capability::Manifest>(&stored).expect("read back"), found.manifest);
    assert!(stored.len() < 64 * 1024 + 20 * size, "{} bytes of manifest from {size} of source", stored.len());
    Ok(found)
}

/// Archives of the samples: every form that is read.
fn archives() -> &'static [Vec<u8>] {
    static ARCHIVES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    ARCHIVES.get_or_init(|| {
        let mut tar = tar::Builder::new(Vec::new());
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in sources() {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("tool/{name}"), bytes.as_slice()).expect("memory");
            zip.start_file(format!("tool/{name}"), zip::write::SimpleFileOptions::default()).expect("memory");
            zip.write_all(bytes).expect("memory");
        }
        let tar = tar.into_inner().expect("memory");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar).expect("memory");
        let gzip = gzip.finish().expect("memory");
        let zstd = zstd::bulk::compress(&tar, 3).expect("memory");
        vec![zip.finish().expect("memory").into_inner(), gzip, zstd, tar]
    })
}

fn assert_bounded(package: &Package) {
    assert!(!package.files.is_empty() && package.files.len() <= PACKAGE_FILES && package.bytes() <= PACKAGE_BYTES);
    for path in package.files.keys() {
        assert!(PackagePath::parse(path.as_str()).is_ok(), "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..2_000), shell in any::<bool>()) {
        let _ = judge(if shell { "x.sh" } else { "x.py" }, bytes);
    }

    #[test]
    fn any_text_is_judged(text in "\\PC{0,400}|([a-z(){}\\[\\]'\"#:=,.*@\\\\\n\t ]{0,400})", shell in any::<bool>()) {
        let _ = judge(if shell { "x.sh" } else { "x.py" }, text.into_bytes());
    }

    #[test]
    fn any_change_to_a_script_is_judged(which in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..6)) {
        let (name, bytes) = which.get(sources());
        let mut bytes = bytes.clone();
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        let _ = judge(name, bytes);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000), magic in 0..5_usize, name in "\\PC{0,30}") {
        let start: [&[u8]; 5] = [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd", b"#!/bin/sh\n"];
        let bytes = [start[magic], &bytes].concat();
        if let Ok(package) = read_upload(&name, &bytes) {
            assert_bounded(&package);
        }
    }

    #[test]
    fn any_change_to_an_archive_is_read_or_refused(which in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..6)) {
        let mut bytes = which.get(archives()).clone();
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        if let Ok(package) = read_upload("tool", &bytes) {
            assert_bounded(&package);
            let _ = inspect(&package, &FileHint::new("tool"));
        }
    }
}

#[test]
fn the_samples_themselves_are_fine() {
    for (name, bytes) in sources() {
        // Parts of a package are no scripts of their own; they too are answered.
        let _ = judge(name, bytes.clone());
    }
    for archive in archives() {
        assert_bounded(&read_upload("tool", archive).expect("a sound archive"));
    }
}
