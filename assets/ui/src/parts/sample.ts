/** A script that shows what the appliance makes of one: typed inputs, output while it runs, a result, a file. */
export const SAMPLE = `"""Greeting report.

Greets each name a few times and writes a small table.
"""

import csv
import time
from pathlib import Path


def main(names: list[str] = ["Ada", "Lin"], times: int = 3, pause: float = 0.2) -> dict:
    """Greets people.

    Args:
        names: Whom to greet
        times: How often each is greeted
        pause: Seconds between two greetings
    """
    rows = []
    for name in names:
        print(f"##[group]{name}")
        for turn in range(1, times + 1):
            print(f"hello {name} ({turn} of {times})", flush=True)
            rows.append({"name": name, "turn": turn})
            time.sleep(pause)
        print("##[endgroup]")
    Path("outputs").mkdir(exist_ok=True)
    with open("outputs/greetings.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ["name", "turn"])
        writer.writeheader()
        writer.writerows(rows)
    return {"greeted": len(names), "rows": rows}
`
