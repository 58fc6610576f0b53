#!/usr/bin/env python3
"""Find files with the same content below one or more directories."""
import argparse
import hashlib
import os
from collections import defaultdict

CHUNK = 64 * 1024
ALGORITHMS = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}


def digest(path, algorithm, limit=None):
    state = ALGORITHMS[algorithm]()
    with open(path, "rb") as handle:
        read = 0
        while chunk := handle.read(CHUNK):
            state.update(chunk)
            read += len(chunk)
            if limit and read >= limit:
                break
    return state.hexdigest()


def walk(roots, patterns):
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in sorted(names):
                if not patterns or name.endswith(tuple(patterns)):
                    yield os.path.join(folder, name)


def candidates(paths, smallest):
    by_size = defaultdict(list)
    for path in paths:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        size = os.path.getsize(path)
        if size >= smallest:
            by_size[size].append(path)
    return [group for group in by_size.values() if len(group) > 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directories", nargs="+", help="directories to search")
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="sha256", help="how contents are compared")
    parser.add_argument("--smallest", type=int, default=1, help="ignore files with fewer bytes")
    parser.add_argument("--ending", dest="endings", action="append", help="only files with this ending")
    parser.add_argument("--summary", action="store_true", help="print only how much could be saved")
    args = parser.parse_args()

    groups = []
    for group in candidates(walk(args.directories, args.endings), args.smallest):
        same = defaultdict(list)
        for path in group:
            same[digest(path, args.algorithm)].append(path)
        groups.extend(sorted(paths) for paths in same.values() if len(paths) > 1)

    wasted = sum(os.path.getsize(paths[0]) * (len(paths) - 1) for paths in groups)
    if not args.summary:
        for paths in sorted(groups):
            print("\n".join(paths), end="\n\n")
    print(f"{len(groups)} groups of duplicates, {wasted} bytes could be saved")


if __name__ == "__main__":
    main()
