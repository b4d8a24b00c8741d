"""The invented customers of the electricity and water works, each with a bill that is not paid yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from datagen.tools.world import World

__all__ = ["SERVICES", "UnpaidBill", "unpaid_bills"]

SERVICES = ("electricity", "water")
_CUSTOMERS = 6
_UNITS = {"electricity": (60, 700), "water": (6, 80)}


@dataclass(frozen=True, slots=True)
class UnpaidBill:
    """`due`: an ISO date."""

    code: str
    service: str
    units: int
    due: str


def unpaid_bills(world: World, service: str) -> Mapping[str, UnpaidBill]:
    """The bill of each customer by customer number. The first digit of numbers and codes tells the service."""
    rng = world.draw("customers", service)
    first, today = 1 + SERVICES.index(service), world.now.date()
    found = {}
    for number in rng.sample(range(10**5), _CUSTOMERS):
        due = (today + timedelta(days=rng.randint(2, 20))).isoformat()
        bill = UnpaidBill(f"UB{first}{number:05d}", service, rng.randint(*_UNITS[service]), due)
        found[f"{first}{rng.randrange(1_000, 10_000)}{number:05d}"] = bill
    return found
