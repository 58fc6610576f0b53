//! Hostile and ordinary packages.

use std::io::{Cursor, Write};
use std::time::{Duration, Instant};

use zip::write::SimpleFileOptions;

use super::collect::Bounds;
use super::read::read_bounded;
use super::*;
use crate::domain::capability::Package;

fn names(package: &Package) -> Vec<String> {
    package.files.keys().map(ToString::to_string).collect()
}

/// A tar entry by its raw parts.
struct Entry<'a> {
    name: &'a [u8],
    kind: u8,
    link: &'a [u8],
    content: &'a [u8],
    size: Option<u64>,
}

fn file<'a>(name: &'a str, content: &'a str) -> Entry<'a> {
    Entry { name: name.as_bytes(), kind: b'0', link: b"", content: content.as_bytes(), size: None }
}

fn special(name: &str, kind: u8) -> Entry<'_> {
    Entry { name: name.as_bytes(), kind, link: b"/etc/passwd", content: b"", size: None }
}

fn tar(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let mut block = [0_u8; 512];
        block[..entry.name.len().min(100)].copy_from_slice(&entry.name[..entry.name.len().min(100)]);
        block[100..108].copy_from_slice(b"0004777\0");
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", entry.size.unwrap_or(entry.content.len() as u64)).as_bytes());
        block[136..148].copy_from_slice(b"77777777777\0");
        block[148..156].copy_from_slice(b"        ");
        block[156] = entry.kind;
        block[157..157 + entry.link.len()].copy_from_slice(entry.link);
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend_from_slice(&block);
        bytes.extend_from_slice(entry.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend_from_slice(&[0; 1024]);
    bytes
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        if let Some(folder) = name.strip_suffix('/') {
            writer.add_directory(folder, SimpleFileOptions::default()).expect("a folder");
        } else {
            writer.start_file(*name, SimpleFileOptions::default()).expect("an entry");
            writer.write_all(content).expect("its content");
        }
    }
    writer.finish().expect("an archive").into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

fn refusal(bytes: &[u8]) -> String {
    read_upload("upload.bin", bytes).expect_err("refused").to_string()
}

#[test]
fn every_form_of_the_same_files_is_the_same_package() {
    let plain = tar(&[file("main.py", "print(1)\n"), file("data/x.csv", "a,b\n")]);
    let wrapped = tar(&[
        special("tool-1.0/", b'5'),
        file("tool-1.0/main.py", "print(1)\n"),
        file("./tool-1.0/data/x.csv", "a,b\n"),
        file("tool-1.0/__pycache__/main.pyc", "x"),
    ]);
    let zipped = zip(&[("tool/", b""), ("tool/main.py", b"print(1)\n"), ("tool/data/x.csv", b"a,b\n"), ("tool/.git/config", b"x")]);
    let expected = read_upload("x", &plain).expect("a tar archive");
    assert_eq!(names(&expected), ["data/x.csv", "main.py"]);
    for (form, bytes) in [
        ("wrapped", wrapped.clone()),
        ("zip", zipped),
        ("gzip", gzip(&wrapped)),
        ("zstd", zstd::encode_all(&wrapped[..], 3).expect("compressed")),
    ] {
        assert_eq!(read_upload("misleading.py", &bytes).expect(form), expected, "{form}");
    }
    let script = read_upload("tools/report.py", b"print(1)\n").expect("a script");
    assert_eq!(names(&script), ["report.py"]);
    let package = read_upload("x", &tar(&[file("tool/__init__.py", ""), file("tool/__main__.py", "")])).expect("a Python package");
    assert_eq!(names(&package), ["tool/__init__.py", "tool/__main__.py"], "a Python package keeps its folder");
}

#[test]
fn names_that_leave_the_package_are_refused() {
    for (name, rule) in [
        ("../x", "`.` or `..` segment"),
        ("/etc/x", "is absolute"),
        ("C:\\x", "a backslash or a colon"),
        ("a/../../x", "`.` or `..` segment"),
        ("a\\..\\x", "a backslash or a colon"),
        ("c:x", "a backslash or a colon"),
        ("a/./b", "`.` or `..` segment"),
        ("a//b", "an empty"),
        ("x.", "ends with a dot"),
        (" x", "begins or ends with a space"),
        ("a\nb", "control character"),
    ] {
        let message = refusal(&tar(&[file("main.py", ""), file(name, "x")]));
        assert!(message.contains(rule), "tar {name:?}: {message}");
        let message = refusal(&zip(&[("main.py", b""), (name, b"x")]));
        assert!(message.contains(rule), "zip {name:?}: {message}");
    }
    // Bytes that only a raw header can carry.
    for raw in [&b"a\xc0\xafb"[..], b"\xff\xfe", b"\xed\xa0\x80"] {
        let message = refusal(&tar(&[Entry { name: raw, ..file("", "x") }]));
        assert!(message.contains("not valid UTF-8"), "{message}");
    }
    let mut zipped = zip(&[("aaaa.py", b"x")]);
    while let Some(at) = zipped.windows(7).position(|window| window == b"aaaa.py") {
        zipped[at..at + 7].copy_from_slice(b"a\0aa.py");
    }
    assert!(refusal(&zipped).contains("control character"), "a NUL in a zip name");
}

#[test]
fn links_and_special_files_are_refused() {
    for (kind, rule) in [
        (b'1', "hard link"),
        (b'2', "symbolic link"),
        (b'3', "device"),
        (b'4', "device"),
        (b'6', "named pipe"),
        (b'S', "sparse"),
        (b'K', "symbolic link"),
        (b'V', "kind that is not accepted"),
    ] {
        let message = refusal(&tar(&[file("main.py", ""), special("x", kind), file("x/y", "through it")]));
        assert!(message.contains(rule) && message.contains("`x`"), "{}: {message}", char::from(kind));
    }
    for (record, rule) in [
        ("30 linkpath=/etc/passwd", "is a link"),
        ("22 GNU.sparse.major=1\n", "sparse"),
        ("10 size=9\n", "overrides its size"),
        ("8 path=\n", "is empty"),
        ("zz", "damaged"),
    ] {
        let record = if record.contains("linkpath") { "24 linkpath=/etc/passwd\n" } else { record };
        let archive = tar(&[Entry { kind: b'x', ..file("pax", record) }, file("a.py", "x")]);
        let message = refusal(&archive);
        assert!(message.contains(rule), "{record:?}: {message}");
    }
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("main.py", SimpleFileOptions::default()).expect("an entry");
    writer.add_symlink("x", "/etc/passwd", SimpleFileOptions::default()).expect("a link");
    let message = refusal(&writer.finish().expect("an archive").into_inner());
    assert!(message.contains("symbolic link"), "{message}");
}

#[test]
fn bombs_stop_at_the_limits() {
    let started = Instant::now();
    let zeros = gzip(&vec![0; 2 << 20]);
    let head = tar(&[Entry { size: Some(4 << 30), ..file("zeros", "") }]);
    // 10 GiB of zeros: one member, repeated.
    let bomb: Vec<u8> = gzip(&head[..512]).into_iter().chain(zeros.iter().copied().cycle().take(zeros.len() * 5_120)).collect();
    assert!(refusal(&bomb).contains("a file has more bytes than"), "{}", refusal(&bomb));
    let long_name = tar(&[Entry { kind: b'L', size: Some(4 << 30), ..file("././@LongLink", "") }]);
    let bomb: Vec<u8> = gzip(&long_name[..512]).into_iter().chain(zeros.iter().copied().cycle().take(zeros.len() * 5_120)).collect();
    assert!(refusal(&bomb).contains("extension record"));
    // Files within the size limit, but far too compressible.
    let entry = [tar(&[Entry { size: Some(6 << 20), ..file("zeros.txt", "") }])[..512].to_vec(), vec![0; 6 << 20]].concat();
    assert!(refusal(&gzip(&entry)).contains("times its size"));
    assert!(refusal(&zstd::encode_all(&entry[..], 1).expect("compressed")).contains("times its size"));
    let zipped = zip(&[("zeros.txt", &vec![0; 6 << 20])]);
    assert!(refusal(&zipped).contains("times its size"));
    assert!(started.elapsed() < Duration::from_secs(30), "took {:?} unoptimised", started.elapsed());
}

#[test]
fn counts_and_sizes_are_bounded() {
    let many: Vec<String> = (0..3_000).map(|n| format!("f{n}.txt")).collect();
    let entries: Vec<Entry<'_>> = many.iter().map(|name| file(name, "")).collect();
    assert!(refusal(&tar(&entries)).contains("more files than 2000"));
    let folders: Vec<String> = (0..9_000).map(|n| format!("d{n}/")).collect();
    let entries: Vec<Entry<'_>> = folders.iter().map(|name| special(name, b'5')).collect();
    assert!(refusal(&tar(&entries)).contains("more entries than 8000"));
    let entries: Vec<(&str, &[u8])> = folders.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(refusal(&zip(&entries)).contains("more entries than 8000"));
    let deep = format!("{}x.py", "d/".repeat(255));
    assert!(refusal(&tar(&[Entry { kind: b'L', ..file("././@LongLink", &deep) }, file("d", "x")])).contains("longer than 240 bytes"));
    let deep = format!("{}x.py", "d/".repeat(40));
    assert!(refusal(&tar(&[file(&deep, "x")])).contains("nested deeper"));
    let long = "n".repeat(4_000);
    assert!(refusal(&zip(&[(&long, b"x")])).contains("longer than 240 bytes"));
    let small = Bounds { bytes: 10, file_bytes: 8, ..Bounds::default() };
    let check = |archive: &[u8], expected: &str| {
        let message = read_bounded("x", archive, small).expect_err("refused").to_string();
        assert!(message.contains(expected), "{message}");
    };
    for pack in [
        |files: &[(&str, &str)]| tar(&files.iter().map(|(name, text)| file(name, text)).collect::<Vec<_>>()),
        |files: &[(&str, &str)]| zip(&files.iter().map(|(name, text)| (*name, text.as_bytes())).collect::<Vec<_>>()),
    ] {
        check(&pack(&[("a", "123456789")]), "a file has more bytes than 8");
        check(&pack(&[("a", "123456"), ("b", "123456")]), "more bytes together than 10");
    }
}

#[test]
fn names_are_unique_however_they_are_compared() {
    for (first, second) in [("a.py", "a.py"), ("A.py", "a.py"), ("é.py", "e\u{301}.py"), ("ﬁ.py", "fi.py"), ("K.py", "\u{212a}.py")] {
        let message = refusal(&tar(&[file(first, "1"), file(second, "2")]));
        assert!(message.contains("occurs twice"), "{first} {second}: {message}");
    }
    assert!(refusal(&tar(&[file("a", "1"), file("A/b", "2")])).contains("lies below a name that is a file"));
    assert!(refusal(&tar(&[file("a/b", "1"), file("A", "2")])).contains("both a file and a folder"));
}

#[test]
fn zip_directories_must_agree_with_their_entries() {
    let good = zip(&[("a.py", b"print(1)\n"), ("b.py", b"print(2)\n")]);
    assert!(read_upload("x", &good).is_ok());
    // The local header says another name than the directory.
    let mut renamed = good.clone();
    let local = renamed.windows(4).position(|window| window == b"a.py").expect("the first local header");
    renamed[local] = b'c';
    assert!(refusal(&renamed).contains("damaged"), "{}", refusal(&renamed));
    // Two directory entries share one local header.
    let mut overlapping = good.clone();
    let central: Vec<usize> = overlapping.windows(4).enumerate().filter(|(_, window)| window == b"PK\x01\x02").map(|(at, _)| at).collect();
    let first: Vec<u8> = overlapping[central[0] + 42..central[0] + 46].to_vec();
    overlapping[central[1] + 42..central[1] + 46].copy_from_slice(&first);
    assert!(read_upload("x", &overlapping).is_err());
    for cut in [good.len() - 1, good.len() / 2, 30, 4] {
        assert!(read_upload("x", &good[..cut]).is_err(), "cut at {cut}");
    }
    let appended: Vec<u8> = good.iter().copied().chain(*b"tail").collect();
    assert!(refusal(&appended).contains("bytes follow"));
}

#[test]
fn what_is_no_package_says_so() {
    for (name, bytes, expected) in [
        ("notes.txt", &b"hello"[..], "neither a .py or .sh script, a .toml manifest nor an archive"),
        ("x.py", b"", "is empty"),
        ("x.gz", &gzip(b"just text"), "holds no tar archive"),
        ("x.tar.xz", b"\xfd7zXZ\0\0", "xz archives are not read"),
        ("x.zip", &zip(&[]), "has no files"),
        ("..", b"#!/bin/sh\n", "`.` or `..` segment"),
    ] {
        let message = read_upload(name, bytes).expect_err("refused").to_string();
        assert!(message.contains(expected), "{name}: {message}");
    }
}

#[test]
fn folders_are_walked_without_following_anything() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(at("data")).expect("a folder");
    std::fs::create_dir_all(at("__pycache__")).expect("a folder");
    std::fs::write(at("main.py"), "print(1)\n").expect("a file");
    std::fs::write(at("data/x.csv"), "a\n").expect("a file");
    std::fs::write(at("__pycache__/main.pyc"), "x").expect("a file");
    std::fs::write(at(".execgov-manifest.json"), "{}").expect("a file");
    assert_eq!(names(&read_path(dir.path()).expect("a folder")), ["data/x.csv", "main.py"]);
    for target in ["/etc/passwd", "data", "nowhere"] {
        std::os::unix::fs::symlink(target, at("data/link")).expect("a link");
        let message = read_path(dir.path()).expect_err("refused").to_string();
        assert!(message.contains("`data/link` is a symbolic link"), "{message}");
        std::fs::remove_file(at("data/link")).expect("removed");
    }
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::from(0o600), 0).expect("a pipe");
    assert!(read_path(dir.path()).expect_err("refused").to_string().contains("named pipe"));
    std::fs::remove_file(at("pipe")).expect("removed");
    std::fs::write(at("main.execgov.toml"), "title = \"x\"\n").expect("a sidecar");
    assert_eq!(names(&read_path(&at("main.py")).expect("a script")), ["main.execgov.toml", "main.py"], "a sidecar comes along");
    assert!(matches!(read_path(&at("absent.py")), Err(BundleError::Local { .. })));
}

#[test]
fn unpacked_folders_are_whole_and_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let package = read_upload("x", &tar(&[file("main.py", "print(1)\n"), file("a/b/c.txt", "c")])).expect("a package");
    let target = dir.path().join("digest");
    unpack_to(&package, &target).expect("unpacked");
    unpack_to(&package, &target).expect("a second time changes nothing");
    let mode = |name: &str| std::fs::metadata(target.join(name)).expect("there").permissions().mode() & 0o7777;
    assert_eq!((mode("."), mode("a/b"), mode("main.py"), mode("a/b/c.txt")), (0o555, 0o555, 0o444, 0o444));
    assert_eq!(std::fs::read_to_string(target.join("a/b/c.txt")).expect("readable"), "c");
    assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1, "no temporary folder is left");
    remove_unpacked(&target).expect("removed");
    remove_unpacked(&target).expect("removing nothing is fine");
    assert!(!target.exists());
    assert!(matches!(unpack_to(&package, &dir.path().join("no/such")), Err(BundleError::Local { .. })));
}
