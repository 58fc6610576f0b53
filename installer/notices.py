#!/usr/bin/env python3
"""Writes LICENSE-NOTICES from the lock file: what the program contains, under which licence it is taken, and the texts.

    installer/notices.py            write LICENSE-NOTICES
    installer/notices.py --check    fail when it is not up to date, or when a package is not acceptable

Counts what is linked for Linux on x86-64 (no test-only and no build-only packages). Where a package offers a choice
of licences, the first of PREFERRED is taken. Texts come from the packages themselves; equal texts are printed
once. What the console is built from (assets/ui) counts too; run `npm ci` there first.
Reads the local package cache only; the same lock file gives the same bytes.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = "x86_64-unknown-linux-gnu"
OUTPUT = ROOT / "LICENSE-NOTICES"

# Licences that may be in the program, the ones we take first when there is a choice first.
PREFERRED = [
    "Apache-2.0", "MIT", "MIT-0", "0BSD", "ISC", "Zlib", "BSD-2-Clause", "BSD-3-Clause",
    "Apache-2.0 WITH LLVM-exception", "Unicode-3.0", "Unicode-DFS-2016", "CC0-1.0", "Unlicense", "BSL-1.0",
]
# Packages that would bring a second TLS library or one that is linked dynamically.
FORBIDDEN = {"aws-lc-sys", "aws-lc-rs", "openssl-sys", "openssl", "native-tls", "libseccomp", "libseccomp-sys"}

# How a licence is recognised in a text, for packages whose file names do not say which is which.
MARKS = {
    "Apache-2.0": "apache license",
    "MIT": "permission is hereby granted, free of charge",
    "ISC": "permission to use, copy, modify, and/or distribute",
    "Zlib": "this software is provided 'as-is'",
    "BSD-2-Clause": "redistribution and use in source and binary forms",
    "BSD-3-Clause": "redistribution and use in source and binary forms",
    "Unicode-3.0": "unicode",
    "Unicode-DFS-2016": "unicode",
}

MIT_TEXT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def metadata():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("notices.py: cargo metadata failed; is Cargo.lock up to date?")
    return json.loads(done.stdout)


def linked(meta):
    """The packages reached from ours by ordinary dependencies, by name and version."""
    nodes = {node["id"]: node for node in meta["resolve"]["nodes"]}
    packages = {package["id"]: package for package in meta["packages"]}
    seen, open_ids = set(), [meta["resolve"]["root"]]
    while open_ids:
        at = open_ids.pop()
        if at in seen:
            continue
        seen.add(at)
        for dep in nodes[at]["deps"]:
            if any(kind["kind"] is None for kind in dep["dep_kinds"]):
                open_ids.append(dep["pkg"])
    found = [packages[at] for at in seen if packages[at]["source"]]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def bundled():
    """The packages that the console is built from, without the tools that build it."""
    folder = ROOT / "assets" / "ui"
    if not (folder / "package-lock.json").exists():
        return []
    found = []
    for place, entry in sorted(json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"].items()):
        if not place or entry.get("dev") or entry.get("devOptional") or entry.get("optional"):
            continue
        # Our own package that stands for one that is not wanted: as a link, and where it lies.
        if entry.get("link") or not place.startswith("node_modules/"):
            continue
        manifest = folder / place / "package.json"
        if not manifest.exists():
            sys.exit(f"notices.py: {place} is not installed; run `npm ci` in assets/ui")
        package = json.loads(manifest.read_text("utf-8"))
        author = package.get("author")
        found.append({
            "name": package["name"],
            "version": package["version"],
            "license": entry.get("license") or package.get("license"),
            "authors": [author["name"] if isinstance(author, dict) else author] if author else [],
            "repository": "https://www.npmjs.com/package/" + package["name"],
            "manifest_path": str(manifest),
        })
    return found


def choose(expression):
    """The licences we take from an SPDX expression: one of each OR, all of each AND."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either():
        options = [both()]
        while words and words[0] == "OR":
            words.pop(0)
            options.append(both())
        return min(options, key=lambda taken: max(rank(name) for name in taken))

    def both():
        taken = one()
        while words and words[0] == "AND":
            words.pop(0)
            taken = taken | one()
        return taken

    def one():
        word = words.pop(0)
        if word == "(":
            inside = either()
            words.pop(0)
            return inside
        if words and words[0] == "WITH":
            words.pop(0)
            word = f"{word} WITH {words.pop(0)}"
        return {word}

    return either()


def rank(name):
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)


def clean(text):
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\f", "").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def squeezed(text):
    return re.sub(r"[\W_]+", " ", text).lower().strip()


def files_of(package):
    folder = Path(package["manifest_path"]).parent
    names = re.compile(r"(licen[cs]e|copying|copyright|unlicense|notice)", re.IGNORECASE)
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and names.match(path.name) and path.suffix.lower() not in {".rs", ".toml", ".json", ".yml"}:
            found.append((path.name, clean(path.read_text("utf-8", "replace"))))
    return found


def texts_for(package, licence):
    """The texts in a package that state this licence."""
    files = [(name, text) for name, text in files_of(package) if not name.lower().startswith("notice")]
    mark = MARKS.get(licence, licence.lower())
    short = licence.split("-")[0].split(" ")[0].lower()
    named = [text for name, text in files if short in name.lower() and text]
    marked = [text for _, text in files if mark in re.sub(r"\s+", " ", text.lower())]
    found = named or marked
    # The text of the Apache licence is one and the same; what differs between copies is layout.
    if not found and licence == "MIT":
        who = ", ".join(package["authors"]) or f"the authors of {package['name']}"
        found = [f"Copyright (c) {who}\n\n{MIT_TEXT}"]
    return found


def apache_text(packages):
    for package in packages:
        for text in texts_for(package, "Apache-2.0"):
            if "TERMS AND CONDITIONS" in text and "APPENDIX" in text and 10_500 < len(text) < 11_800:
                return text
    sys.exit("notices.py: no package carries the text of Apache-2.0")


def render(packages):
    taken, problems = {}, []
    for package in packages:
        licences = choose(package["license"]) if package["license"] else set()
        unknown = [name for name in licences if name not in PREFERRED]
        if unknown or not licences:
            problems.append(f"{package['name']} {package['version']}: licence {package['license']!r} is not one we accept")
        if package["name"] in FORBIDDEN:
            problems.append(f"{package['name']} {package['version']} must not be in the program")
        for name in licences:
            taken.setdefault(name, []).append(package)
    if problems:
        sys.exit("notices.py:\n  " + "\n  ".join(problems))

    rule, out = "=" * 100, []
    out.append(
        "ExecGov contains the works listed here, each under the licence named above it.\n"
        "Made from Cargo.lock by installer/notices.py; do not edit.\n\n"
        "The program also contains the Rust standard library, copyright The Rust Project Developers, under Apache-2.0."
    )
    for licence in sorted(taken, key=rank):
        out.append(f"{rule}\n{licence}\n{rule}\n\n" + "\n".join(line(package) for package in taken[licence]))
        if licence == "Apache-2.0":
            out.append(apache_text(taken[licence]))
            continue
        groups = {}
        for package in taken[licence]:
            for text in texts_for(package, licence) or [f"The package carries no text of it; it is at https://spdx.org/licenses/{licence}.html"]:
                groups.setdefault(squeezed(text), (text, []))[1].append(package["name"])
        for _, (text, names) in sorted(groups.items(), key=lambda group: group[1][1]):
            out.append(f"--- {', '.join(dict.fromkeys(names))}\n\n{text}")
    notices = {}
    for package in packages:
        for name, text in files_of(package):
            if name.lower().startswith("notice"):
                notices.setdefault(squeezed(text), (text, []))[1].append(package["name"])
    if notices:
        out.append(f"{rule}\nNotices that packages ask to pass on\n{rule}")
        out.extend(f"--- {', '.join(names)}\n\n{text}" for text, names in notices.values())
    return "\n\n".join(out) + "\n"


def line(package):
    where = package["repository"] or f"https://crates.io/crates/{package['name']}"
    return f"  {package['name']} {package['version']}  {where}"


def main():
    text = render(sorted(linked(metadata()) + bundled(), key=lambda package: (package["name"], package["version"])))
    if sys.argv[1:] == ["--check"]:
        if not OUTPUT.exists() or OUTPUT.read_text("utf-8") != text:
            sys.exit("notices.py: LICENSE-NOTICES is not up to date; run installer/notices.py and commit the result")
    elif not sys.argv[1:]:
        OUTPUT.write_text(text, "utf-8")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
