"""Currency rates, read from the data file beside this module."""

import csv
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).parent / "data" / "rates.csv"


def load(path=DATA):
    with open(path, newline="", encoding="utf-8") as handle:
        return {row["currency"]: Decimal(row["rate"]) for row in csv.DictReader(handle)}


def convert(amount, currency, rates):
    try:
        return (amount * rates[currency]).quantize(Decimal("0.01"))
    except KeyError:
        known = ", ".join(sorted(rates))
        raise ValueError(f"no rate for {currency}; known are {known}") from None
