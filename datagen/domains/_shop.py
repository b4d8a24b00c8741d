"""An online shop: its goods, and the orders that the user has made. All of it is invented, brands as well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from datagen.domains._post import STATUSES, parcels_of
from datagen.tools.tool import ToolError
from datagen.tools.world import World

__all__ = ["FREE_SHIPPING_BAHT", "GOODS", "NOT_SOLD", "SHIPPING_BAHT", "found", "order", "orders_of", "product"]

# What is sold, and about how many baht it costs.
GOODS = {
    "หม้อหุงข้าว": 900,
    "พัดลมตั้งพื้น": 750,
    "กระติกน้ำร้อน": 650,
    "เตารีดไอน้ำ": 800,
    "กระเป๋าเป้": 550,
    "รองเท้าวิ่ง": 1_500,
    "เสื้อกันฝน": 180,
    "ร่มพับ": 220,
    "หูฟังไร้สาย": 990,
    "โคมไฟอ่านหนังสือ": 390,
    "กระทะเหล็ก": 480,
    "ที่นอนยางพารา": 4_500,
    "ผ้าห่มนวม": 690,
    "ชุดเครื่องมือช่าง": 1_200,
}
NOT_SOLD = ("โดรนถ่ายภาพ", "เปียโนไฟฟ้า", "กล้องฟิล์ม", "เตาอบพิซซ่า", "จักรเย็บผ้า", "เรือคายัก", "กล้องดูดาว")
_BRANDS = ("บ้านสุข", "ไทยดี", "มะลิ")
_NAMES = {
    f"P{kind:02}{brand}": f"{name} {_BRANDS[brand]}" for kind, name in enumerate(GOODS) for brand in range(len(_BRANDS))
}
FREE_SHIPPING_BAHT = 1_000
SHIPPING_BAHT = 50


def product(world: World, product_id: str) -> dict[str, Any]:
    """A product with what is left of it. Raises ToolError where there is none."""
    if product_id not in _NAMES:
        raise ToolError("not_found", f"ไม่พบสินค้ารหัส {product_id}")
    name = _NAMES[product_id]
    kind, brand = name.split(" ")[0], int(product_id[-1])
    rng = world.draw("product", product_id)
    # Brands are priced apart, so that one of the three is the cheapest.
    share = (80, 100, 130)[(brand + world.draw("brands", kind).randrange(3)) % 3] + rng.randint(-8, 8)
    free = 0 if rng.random() < 0.2 else rng.randint(10, 60)
    sold = sum(each["quantity"] for each in world.table("orders") if each["product_id"] == product_id)
    return {
        "product_id": product_id,
        "name": name,
        "price_baht": GOODS[kind] * share // 100,
        "in_stock": free - sold,
    }


def found(world: World, query: str) -> list[dict[str, Any]]:
    """All products whose name holds the query."""
    return [product(world, product_id) for product_id, name in _NAMES.items() if query in name]


def orders_of(world: World) -> list[dict[str, Any]]:
    """What the user had ordered before the conversation: shipped orders have a tracking number of the post's."""
    made = []
    shipped = [each for each in parcels_of(world) if each["status"] != STATUSES[-1]]
    for number in range(4):
        rng = world.draw("order", number)
        bought = product(World(world.seed, world.now), f"P{rng.randrange(len(GOODS)):02}{rng.randrange(3)}")
        on_its_way = number % 2 == 0
        made.append(
            {
                "order_id": world.number("OR", "earlier", number),
                "name": bought["name"],
                "total_baht": bought["price_baht"],
                "ordered_on": str(world.now.date() - timedelta(days=rng.randint(2, 9))),
                "status": "จัดส่งแล้ว" if on_its_way else "รอจัดส่ง",
                **({"tracking_number": shipped[number]["tracking_number"]} if on_its_way else {}),
            }
        )
    return made


def order(world: World, order_id: str) -> dict[str, Any]:
    """An order of before or of this conversation, as it is now. Raises ToolError where there is none."""
    new = ({key: each[key] for key in ("order_id", "name", "total_baht", "status")} for each in world.table("orders"))
    for made in (*new, *orders_of(world)):
        if made["order_id"] == order_id:
            gone = any(each["order_id"] == order_id for each in world.table("cancelled_orders"))
            return {**made, "status": "ยกเลิกแล้ว"} if gone else made
    raise ToolError("not_found", f"ไม่พบคำสั่งซื้อ {order_id}")
