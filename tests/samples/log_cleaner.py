#!/usr/bin/env python3
# Filter an application log and mask what should not leave the company.
#
# Keeps lines of a minimum level and age, replaces IP addresses and e-mail
# addresses, and collapses repeated lines.

import argparse
import datetime
import re
import sys

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
LINE = re.compile(r"^(?P<day>\d{4}-\d{2}-\d{2})[ T](?P<time>[\d:.,]+)\s+(?P<level>[A-Z]+)\s+(?P<text>.*)$")
IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")


def valid_date(text):
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a date: {text!r}")


def wanted(match, level, since):
    if match["level"] in LEVELS and LEVELS.index(match["level"]) < LEVELS.index(level):
        return False
    if since and datetime.date.fromisoformat(match["day"]) < since:
        return False
    return True


def mask(text, keep_ip, keep_mail):
    if not keep_ip:
        text = IP.sub("x.x.x.x", text)
    if not keep_mail:
        text = MAIL.sub("<mail>", text)
    return text


def clean(lines, args):
    last, repeated = None, 0
    for line in lines:
        match = LINE.match(line.rstrip("\n"))
        if not match:
            if args.strict:
                print(f"skipped: {line.rstrip()}", file=sys.stderr)
            continue
        if not wanted(match, args.level, args.since):
            continue
        text = f"{match['day']} {match['time']} {match['level']} {mask(match['text'], args.keep_ip, args.keep_mail)}"
        body = text.split(" ", 2)[2]
        if args.collapse and body == last:
            repeated += 1
            continue
        if repeated:
            yield f"    ... repeated {repeated} times"
        last, repeated = body, 0
        yield text
    if repeated:
        yield f"    ... repeated {repeated} times"


def main(argv=None):
    parser = argparse.ArgumentParser(description="Filter a log and mask private data.")
    parser.add_argument("logfile", help="log to read")
    parser.add_argument("--level", choices=LEVELS, default=LEVELS[1], help="lowest level to keep")
    parser.add_argument("--since", type=valid_date, metavar="DATE", help="oldest day to keep")
    masking = parser.add_mutually_exclusive_group()
    masking.add_argument("--keep-ip", action="store_true", help="do not mask IP addresses")
    masking.add_argument("--keep-mail", action="store_true", help="do not mask mail addresses")
    parser.add_argument("--no-collapse", dest="collapse", action="store_false", help="keep repeated lines")
    parser.add_argument("--strict", action="store_true", help="report lines that are not understood")
    parser.add_argument("-q", "--quiet", action="count", default=0, help="say less; twice says nothing")
    args = parser.parse_args(argv)

    kept = 0
    with open(args.logfile, encoding="utf-8", errors="replace") as log:
        for line in clean(log, args):
            kept += 1
            if args.quiet < 2:
                print(line)
    if args.quiet < 1:
        print(f"kept {kept} lines", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
