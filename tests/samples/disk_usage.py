#!/usr/bin/env python3
"""Report which files and folders take the most space.

Walks a directory tree, adds up file sizes and prints the largest entries,
either as a table or as tab separated values for further processing.
"""
import argparse
import os
import sys

UNITS = ["B", "KiB", "MiB", "GiB", "TiB"]
DEFAULT_TOP = 10


def human(size):
    value = float(size)
    for unit in UNITS:
        if value < 1024 or unit == UNITS[-1]:
            return f"{value:.1f} {unit}" if unit != "B" else f"{int(value)} B"
        value /= 1024


def scan(root, follow_links=False, exclude=()):
    sizes = {}
    errors = []
    for folder, dirs, files in os.walk(root, followlinks=follow_links, onerror=errors.append):
        dirs[:] = [name for name in dirs if name not in exclude]
        for name in files:
            path = os.path.join(folder, name)
            try:
                sizes[path] = os.lstat(path).st_size
            except OSError as error:
                errors.append(error)
    return sizes, errors


def by_folder(sizes, root):
    totals = {}
    for path, size in sizes.items():
        folder = os.path.dirname(path) or root
        totals[folder] = totals.get(folder, 0) + size
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", default=".", help="directory to look at (default: %(default)s)")
    parser.add_argument("-n", "--top", type=int, default=DEFAULT_TOP, metavar="N", help="how many entries to show")
    parser.add_argument("--by", choices=["file", "folder"], default="file", help="what to add up")
    parser.add_argument("--exclude", action="append", default=[], metavar="NAME", help="folder name to leave out; may be repeated")
    parser.add_argument("--min-size", type=int, default=0, help="ignore entries below this many bytes")
    parser.add_argument("--tsv", action="store_true", help="print tab separated values")
    parser.add_argument("-L", "--follow-links", action="store_true", help="follow symbolic links")
    args = parser.parse_args()

    if not os.path.isdir(args.path):
        print(f"{args.path}: not a directory", file=sys.stderr)
        return 2

    sizes, errors = scan(args.path, args.follow_links, set(args.exclude))
    table = by_folder(sizes, args.path) if args.by == "folder" else sizes
    rows = sorted(table.items(), key=lambda item: (-item[1], item[0]))
    rows = [row for row in rows if row[1] >= args.min_size][: args.top]

    if args.tsv:
        for path, size in rows:
            print(f"{size}\t{path}")
    else:
        for path, size in rows:
            print(f"{human(size):>12}  {path}")
        print(f"{human(sum(sizes.values())):>12}  total in {len(sizes)} files")
    for error in errors:
        print(f"warning: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
