"""Add up invoices by customer, in euros."""

import json
from collections import defaultdict
from decimal import Decimal
from enum import Enum
from pathlib import Path

import rates


class Tax(Enum):
    NONE = 0
    REDUCED = 7
    FULL = 19


def read(path):
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise SystemExit(f"line {number}: {error}")


def summarise(invoices, tax, table):
    customers = defaultdict(lambda: {"invoices": 0, "net": Decimal(0)})
    for invoice in invoices:
        entry = customers[invoice["customer"]]
        entry["invoices"] += 1
        entry["net"] += rates.convert(Decimal(str(invoice["amount"])), invoice.get("currency", "EUR"), table)
    for entry in customers.values():
        entry["gross"] = (entry["net"] * (100 + tax.value) / 100).quantize(Decimal("0.01"))
    return customers


def main(invoices: Path, tax: Tax = Tax.FULL, customer: str = "", write_files: bool = True):
    """Add up invoices by customer.

    Parameters
    ----------
    invoices : Path
        File with one JSON object in each line: customer, amount, currency.
    tax : Tax
        Tax in percent.
    customer : str
        Only this customer; all when empty.
    write_files : bool
        Write one summary for each customer.
    """
    table = rates.load()
    found = summarise((invoice for invoice in read(invoices) if customer in ("", invoice["customer"])), tax, table)
    for name, entry in sorted(found.items()):
        print(f"{name}: {entry['invoices']} invoices, net {entry['net']}, gross {entry['gross']}")
        if write_files:
            target = Path("outputs") / f"{name.lower().replace(' ', '-')}.txt"
            target.parent.mkdir(exist_ok=True)
            target.write_text(f"{name}\nnet {entry['net']} EUR\ngross {entry['gross']} EUR\n", encoding="utf-8")
    return {"customers": len(found), "gross": float(sum(entry["gross"] for entry in found.values()))}
