"""Summarise a CSV file: group rows by a column and add up another."""

import argparse
import csv
import json
from collections import defaultdict
from decimal import Decimal, InvalidOperation
from pathlib import Path


def read_rows(path, delimiter, encoding):
    with open(path, newline="", encoding=encoding) as handle:
        reader = csv.DictReader(handle, delimiter=delimiter)
        if reader.fieldnames is None:
            raise SystemExit(f"{path}: the file has no header line")
        yield from reader


def number(text):
    try:
        return Decimal(text.replace(",", "."))
    except (InvalidOperation, AttributeError):
        return None


def summarise(rows, group_by, value):
    groups = defaultdict(lambda: {"rows": 0, "sum": Decimal(0), "skipped": 0})
    for line, row in enumerate(rows, start=2):
        if group_by not in row or value not in row:
            raise SystemExit(f"line {line}: the columns are {', '.join(row)}")
        group = groups[row[group_by]]
        amount = number(row[value])
        if amount is None:
            group["skipped"] += 1
            continue
        group["rows"] += 1
        group["sum"] += amount
    return groups


def print_table(groups, order):
    width = max([len(name) for name in groups] + [5])
    print(f"{'group':<{width}} {'rows':>6} {'sum':>14} {'mean':>12}")
    keys = {"name": lambda item: item[0], "sum": lambda item: -item[1]["sum"], "rows": lambda item: -item[1]["rows"]}
    for name, group in sorted(groups.items(), key=keys[order]):
        mean = group["sum"] / group["rows"] if group["rows"] else Decimal(0)
        print(f"{name:<{width}} {group['rows']:>6} {group['sum']:>14.2f} {mean:>12.2f}")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Summarise a CSV file by groups.")
    parser.add_argument("source", type=Path, help="CSV file with a header line")
    columns = parser.add_argument_group("columns")
    columns.add_argument("-g", "--group-by", required=True, help="column whose values form the groups")
    columns.add_argument("-v", "--value", required=True, help="column to add up")
    parser.add_argument("--sort", choices=("name", "sum", "rows"), default="name", help="order of the table")
    parser.add_argument("--delimiter", default=",", help="character between fields")
    parser.add_argument("--encoding", default="utf-8-sig")
    parser.add_argument("-o", "--output", type=Path, help="also write the summary to this JSON file")
    return parser.parse_args()


def main():
    args = parse_arguments()
    groups = summarise(read_rows(args.source, args.delimiter, args.encoding), args.group_by, args.value)
    if not groups:
        raise SystemExit("the file has no rows")
    print_table(groups, args.sort)
    skipped = sum(group["skipped"] for group in groups.values())
    if skipped:
        print(f"{skipped} rows had no number in '{args.value}'")
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        summary = {name: {"rows": group["rows"], "sum": str(group["sum"])} for name, group in groups.items()}
        args.output.write_text(json.dumps(summary, indent=2, sort_keys=True), encoding="utf-8")
        print(f"wrote {args.output}")


if __name__ == "__main__":
    main()
