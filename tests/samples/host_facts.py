#!/usr/bin/env python3
"""Collect facts about the machine by asking its own tools."""

import argparse
import json
import shutil
import subprocess
import sys

COMMANDS = {
    "kernel": ["uname", "-sr"],
    "machine": ["uname", "-m"],
    "python": [sys.executable, "--version"],
    "shell": ["sh", "-c", "echo $0"],
    "processors": ["nproc"],
}


def ask(command, timeout):
    if shutil.which(command[0]) is None:
        return {"error": f"{command[0]} is not installed"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer after {timeout} s"}
    answer = (done.stdout or done.stderr).strip()
    if done.returncode != 0:
        return {"error": answer, "code": done.returncode}
    return {"value": answer}


def main():
    parser = argparse.ArgumentParser(description="Collect facts about this machine.")
    parser.add_argument("--only", nargs="*", choices=list(COMMANDS), help="facts to collect; all when left out")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds to wait for each tool")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    args = parser.parse_args()

    names = args.only or list(COMMANDS)
    facts = {name: ask(COMMANDS[name], args.timeout) for name in names}
    if args.format == "json":
        json.dump(facts, sys.stdout, indent=2)
        print()
    else:
        for name, fact in facts.items():
            print(f"{name:<12} {fact.get('value') or 'unknown: ' + fact['error']}")
    failed = [name for name, fact in facts.items() if "error" in fact]
    return 1 if len(failed) == len(facts) else 0


if __name__ == "__main__":
    sys.exit(main())
