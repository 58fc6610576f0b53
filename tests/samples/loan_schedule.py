"""Work out how a loan is paid back."""

from __future__ import annotations

import csv
import enum
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal


class Kind(enum.Enum):
    ANNUITY = "annuity"
    LINEAR = "linear"


MONTHS_PER_YEAR = 12
DEFAULT_YEARS = 10


@dataclass
class Payment:
    due: date
    interest: float
    principal: float
    left: float


def next_month(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month, 12)
    return date(year, month + 1, min(day.day, 28))


def schedule(amount: float, rate: float, months: int, kind: Kind, first: date) -> list[Payment]:
    monthly = rate / 100 / MONTHS_PER_YEAR
    annuity = amount / months if monthly == 0 else amount * monthly / (1 - (1 + monthly) ** -months)
    left, due, payments = amount, first, []
    for number in range(months):
        interest = left * monthly
        principal = annuity - interest if kind is Kind.ANNUITY else amount / months
        if number == months - 1:
            principal = left
        left = max(left - principal, 0.0)
        payments.append(Payment(due, round(interest, 2), round(principal, 2), round(left, 2)))
        due = next_month(due)
    return payments


def main(
    amount: Annotated[float, "What is borrowed"],
    rate: Annotated[float, "Interest in percent a year"],
    first_payment: date,
    *,
    years: int = DEFAULT_YEARS,
    kind: Kind = Kind.ANNUITY,
    rounding: Literal["cent", "unit"] = "cent",
    extra: list[float] | None = None,
    export: bool = False,
) -> dict:
    """Make a payment schedule.

    :param first_payment: day of the first payment
    :param years: how long the loan runs
    :param kind: equal payments, or equal parts of the principal
    :param rounding: how sums are rounded
    :param extra: one-off payments at the start
    :param export: also write schedule.csv
    """
    amount -= sum(extra or [])
    payments = schedule(amount, rate, years * MONTHS_PER_YEAR, kind, first_payment)
    interest = sum(payment.interest for payment in payments)
    if export:
        target = Path("outputs") / "schedule.csv"
        target.parent.mkdir(exist_ok=True)
        with target.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(["due", "interest", "principal", "left"])
            writer.writerows([payment.due.isoformat(), payment.interest, payment.principal, payment.left] for payment in payments)
    digits = 2 if rounding == "cent" else 0
    print(f"{len(payments)} payments until {payments[-1].due:%Y-%m}, interest {interest:.2f}")
    return {"payments": len(payments), "last": payments[-1].due, "interest": round(interest, digits), "kind": kind.value}


if __name__ == "__main__":
    print(main(100_000, 3.5, date.today()))
