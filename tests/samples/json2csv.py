#!/usr/bin/env python3
"""Convert a JSON list of records to CSV.

Nested objects become columns with dotted names. Columns appear in the order
in which they are first seen, or as given with --columns.
"""

import argparse
import csv
import json
import sys


def flatten(record, prefix=""):
    flat = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(flatten(value, name + "."))
        elif isinstance(value, list):
            flat[name] = ";".join(str(item) for item in value)
        else:
            flat[name] = value
    return flat


def build_parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("infile", type=argparse.FileType("r", encoding="utf-8"), help="JSON file with a list of objects")
    parser.add_argument("outfile", nargs="?", type=argparse.FileType("w", encoding="utf-8"), default=sys.stdout, help="CSV file to write; standard output when left out")
    parser.add_argument("--columns", nargs="+", metavar="NAME", help="columns to write, in this order")
    parser.add_argument("--limit", type=int, help="stop after this many records")
    parser.add_argument("--header", action=argparse.BooleanOptionalAction, default=True, help="write a header line")
    parser.add_argument("--dialect", choices=sorted(["excel", "excel-tab", "unix"]), default="excel")
    return parser


def main():
    args = build_parser().parse_args()
    records = json.load(args.infile)
    if not isinstance(records, list):
        sys.exit("error: the file does not hold a list")
    rows = [flatten(record) for record in records[: args.limit]]
    columns = args.columns
    if columns is None:
        columns = []
        for row in rows:
            columns.extend(name for name in row if name not in columns)
    unknown = [name for name in columns if not any(name in row for row in rows)]
    if unknown:
        sys.exit(f"error: no record has {', '.join(unknown)}")
    writer = csv.DictWriter(args.outfile, columns, extrasaction="ignore", dialect=args.dialect)
    if args.header:
        writer.writeheader()
    writer.writerows(rows)
    print(f"{len(rows)} records, {len(columns)} columns", file=sys.stderr)


if __name__ == "__main__":
    main()
