#!/usr/bin/env python3
"""Keep and evaluate a plain text time sheet.

Each line of the sheet is: DATE PROJECT HOURS NOTE
"""

import argparse
import sys
from collections import defaultdict
from datetime import date


def parse(path):
    with open(path, encoding="utf-8") as sheet:
        for number, line in enumerate(sheet, 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                day, project, hours, *note = line.split(None, 3)
                yield date.fromisoformat(day), project, float(hours), note[0].strip() if note else ""
            except ValueError as error:
                print(f"line {number}: {error}", file=sys.stderr)


def command_sum(args):
    totals = defaultdict(float)
    for day, project, hours, _ in parse(args.sheet):
        if args.month and not day.isoformat().startswith(args.month):
            continue
        totals[project] += hours
    for project, hours in sorted(totals.items()):
        amount = f" {hours * args.rate:10.2f}" if args.rate else ""
        print(f"{project:<16}{hours:8.2f}{amount}")
    print(f"{'total':<16}{sum(totals.values()):8.2f}")


def command_list(args):
    shown = 0
    for day, project, hours, note in parse(args.sheet):
        if args.project and project != args.project:
            continue
        print(day, project, hours, note)
        shown += 1
        if args.limit and shown >= args.limit:
            break


def command_check(args):
    days = defaultdict(float)
    for day, _, hours, _ in parse(args.sheet):
        days[day] += hours
    over = {day: hours for day, hours in days.items() if hours > args.most}
    for day, hours in sorted(over.items()):
        print(f"{day}: {hours} hours")
    print(f"{len(over)} days with more than {args.most} hours")
    return 1 if over and args.strict else 0


def main():
    parser = argparse.ArgumentParser(description="Evaluate a time sheet.")
    parser.add_argument("--sheet", required=True, type=open_path, help="time sheet to read")
    commands = parser.add_subparsers(dest="command", required=True)
    total = commands.add_parser("sum", help="hours by project")
    total.add_argument("--month", help="only this month, such as 2026-01")
    total.add_argument("--rate", type=float, help="price of an hour")
    total.set_defaults(run=command_sum)
    listing = commands.add_parser("list", help="the entries")
    listing.add_argument("project", nargs="?", help="only this project")
    listing.add_argument("--limit", type=int, default=0)
    listing.set_defaults(run=command_list)
    check = commands.add_parser("check", help="days that are too long")
    check.add_argument("most", type=float, help="hours a day may have")
    check.add_argument("--strict", action="store_true", help="fail when a day is too long")
    check.set_defaults(run=command_check)
    args = parser.parse_args()
    return args.run(args) or 0


def open_path(text):
    with open(text, encoding="utf-8"):
        return text


if __name__ == "__main__":
    sys.exit(main())
