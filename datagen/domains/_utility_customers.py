"""The invented customers of the electricity and water works, each with a bill that is not paid yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from datagen.tools.world import World

__all__ = ["SERVICES", "UnpaidBill", "bill_code", "customers", "unpaid_bill"]

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


def customers(world: World, service: str) -> tuple[str, ...]:
    """The customer numbers of a service: ten digits, the first telling which."""
    first = 1 + SERVICES.index(service)
    return tuple(f"{first}{world.number('', 'customer', service, each, digits=9)}" for each in range(_CUSTOMERS))


def bill_code(world: World, service: str, customer: str) -> str:
    """The code of a customer's bill."""
    return world.number("UB", service, customer)


def unpaid_bill(world: World, service: str, customer: str) -> UnpaidBill:
    """The bill of a customer, who must be one."""
    rng = world.draw("bill", service, customer)
    units = rng.randint(*_UNITS[service])
    due = world.now.date() + timedelta(days=rng.randint(2, 20))
    return UnpaidBill(bill_code(world, service, customer), service, units, due.isoformat())
