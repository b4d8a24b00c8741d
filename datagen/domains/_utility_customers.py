"""The invented customers of the electricity and water works, by number, and the code of the bill that each has."""

from __future__ import annotations

from datagen.tools.world import World

__all__ = ["SERVICES", "bill_code", "customers"]

SERVICES = ("electricity", "water")
_CUSTOMERS = 6


def customers(world: World, service: str) -> tuple[str, ...]:
    """The customer numbers of a service: ten digits, the first telling which."""
    first = 1 + SERVICES.index(service)
    return tuple(f"{first}{world.number('', 'customer', service, each, digits=9)}" for each in range(_CUSTOMERS))


def bill_code(world: World, service: str, customer: str) -> str:
    """The code of a customer's latest bill."""
    return world.number("UB", service, customer)
