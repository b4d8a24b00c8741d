"""What people want of an online shop."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from datagen.domains._shop import GOODS, NOT_SOLD, found, orders_of
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_count
from datagen.tools.world import World

__all__ = ["GOALS"]

Draw = Callable[[random.Random, World], Drawn]

_BY_PRICE: tuple[tuple[str, Callable[[list[dict[str, Any]]], dict[str, Any]]], ...] = (
    ("แบบที่ถูกที่สุด", lambda products: min(products, key=lambda each: each["price_baht"])),
    ("แบบที่แพงที่สุด", lambda products: max(products, key=lambda each: each["price_baht"])),
)


def _draw_cheapest(rng: random.Random, world: World) -> Drawn:
    query = rng.choice(sorted(GOODS))
    products = found(world, query)
    place = products.index(_BY_PRICE[0][1](products))
    states = (State(0, f"products.{place}.name"), State(0, f"products.{place}.price_baht", "number"))
    return Drawn({"query": query}, (ExpectedCall("search_products", {"query": query}),), states)


def _draw_not_sold(rng: random.Random, world: World) -> Drawn:
    query = rng.choice(NOT_SOLD)
    return Drawn({"query": query}, (ExpectedCall("search_products", {"query": query}, error="not_found"),), ())


def _draw_search_and(tool: str, *states: State) -> Draw:
    """Finding goods and taking one of them, which is in stock."""

    def draw(rng: random.Random, world: World) -> Drawn:
        while True:
            query, (pick, chosen_of) = rng.choice(sorted(GOODS)), rng.choice(_BY_PRICE)
            products = found(world, query)
            chosen = chosen_of(products)
            if chosen["in_stock"] >= 10:
                break
        quantity = rng.randint(1, 4)
        take = {
            "product_id": {"$from": [0, f"products.{products.index(chosen)}.product_id"]},
            "quantity": quantity,
        }
        slots = {"query": query, "pick": pick, "quantity": thai_count(quantity, rng, "ชิ้น")}
        return Drawn(slots, (ExpectedCall("search_products", {"query": query}), ExpectedCall(tool, take)), states)

    return draw


def _some_product(rng: random.Random, world: World, in_stock: bool) -> str:
    while True:
        product = rng.choice(found(world, rng.choice(sorted(GOODS))))
        if (product["in_stock"] >= 10) if in_stock else (product["in_stock"] == 0):
            return product["product_id"]


def _draw_product(rng: random.Random, world: World) -> Drawn:
    product_id = rng.choice(found(world, rng.choice(sorted(GOODS))))["product_id"]
    states = (State(0, "price_baht", "number"), State(0, "in_stock", "number"))
    return Drawn({"product_id": product_id}, (ExpectedCall("get_product", {"product_id": product_id}),), states)


def _draw_take(tool: str, *states: State) -> Draw:
    """Taking goods whose id the user knows; without states: they are sold out."""

    def draw(rng: random.Random, world: World) -> Drawn:
        product_id, quantity = _some_product(rng, world, in_stock=bool(states)), rng.randint(1, 5)
        call = ExpectedCall(
            tool, {"product_id": product_id, "quantity": quantity}, error="" if states else "out_of_stock"
        )
        return Drawn({"product_id": product_id, "quantity": thai_count(quantity, rng, "ชิ้น")}, (call,), states)

    return draw


def _draw_order(tool: str, status: str, error: str, *states: State) -> Draw:
    def draw(rng: random.Random, world: World) -> Drawn:
        order_id = rng.choice([each for each in orders_of(world) if each["status"] == status])["order_id"]
        return Drawn({"order_id": order_id}, (ExpectedCall(tool, {"order_id": order_id}, error=error),), states)

    return draw


def _draw_where_is_it(rng: random.Random, world: World) -> Drawn:
    order_id = rng.choice([each for each in orders_of(world) if "tracking_number" in each])["order_id"]
    calls = (
        ExpectedCall("get_order", {"order_id": order_id}),
        ExpectedCall("track_parcel", {"tracking_number": {"$from": [0, "tracking_number"]}}),
    )
    return Drawn({"order_id": order_id}, calls, (State(1, "status"), State(1, "delivery_date", "date")))


_ASKS_PRODUCT = ("สินค้าอะไร", "สินค้าชิ้นไหน", "รหัสสินค้า", "อะไร", "ชิ้นไหน", "สินค้าตัวไหน", "สินค้าใด")
_ASKS_QUANTITY = ("กี่ชิ้น", "จำนวน", "กี่อัน", "เท่าไร", "เท่าไหร่", "กี่ตัว")
_ASKS_ORDER = ("เลขคำสั่งซื้อ", "หมายเลขคำสั่งซื้อ", "เลขที่คำสั่งซื้อ", "รหัสคำสั่งซื้อ", "เลขออเดอร์", "หมายเลขออเดอร์", "เลขที่สั่งซื้อ")
_SUPPLY_ORDER = {"order_id": ("{order_id}", "เลขคำสั่งซื้อ {order_id}")}
_SUPPLY_TAKE = {
    "product_id": ("{product_id}", "รหัส {product_id}"),
    "quantity": ("{quantity}", "เอา {quantity}"),
}
_ASKS_TAKE = {"product_id": _ASKS_PRODUCT, "quantity": _ASKS_QUANTITY}

GOALS = (
    Goal(
        id="shopping.cheapest",
        draw=_draw_cheapest,
        requests=(
            "หา{query}แบบที่ถูกที่สุดให้หน่อย ชื่อสินค้าอะไร ราคาเท่าไร",
            "อยากได้{query} แบบไหนถูกสุด ชื่ออะไร กี่บาท",
            "{query}ที่ถูกที่สุดในร้าน ชื่ออะไร ราคาเท่าไร",
            "ขอทราบชื่อและราคาของ{query}ที่ราคาต่ำที่สุด",
        ),
        without={"query": ("ช่วยหาสินค้าแบบที่ถูกที่สุดให้หน่อย ชื่อสินค้าอะไร ราคาเท่าไร",)},
        supply={"query": ("{query}", "อยากได้{query}")},
        asks={"query": ("สินค้าอะไร", "อะไร", "สินค้าประเภท", "สินค้าชนิด", "สินค้าไหน")},
        topic="การค้นหาสินค้า",
    ),
    Goal(
        id="shopping.not_sold",
        draw=_draw_not_sold,
        requests=(
            "มี{query}ขายไหม ราคาเท่าไร",
            "อยากได้{query} ช่วยหาแบบที่ถูกที่สุดให้หน่อย",
            "หา{query}",
            "ขอทราบราคา{query}ที่มีจำหน่ายในร้าน",
        ),
        fails="not_found",
        topic="การค้นหาสินค้า",
    ),
    Goal(
        id="shopping.search_and_order",
        draw=_draw_search_and("place_order", State(1, "order_id"), State(1, "total_baht", "number")),
        requests=(
            "หา{query}แล้วสั่ง{pick}ให้เลย {quantity} ขอเลขคำสั่งซื้อกับยอดรวม",
            "อยากได้{query} {quantity} เลือก{pick} สั่งให้หน่อย แล้วบอกเลขคำสั่งซื้อกับยอดที่ต้องจ่าย",
            "สั่งซื้อ{query} {pick} {quantity} แจ้งเลขคำสั่งซื้อและยอดรวมด้วย",
            "ขอสั่งซื้อ{query} โดยเลือก{pick} จำนวน {quantity} พร้อมแจ้งเลขคำสั่งซื้อและยอดชำระรวม",
        ),
        without={
            "query": ("สั่งของให้หน่อย เอา{pick} {quantity} ขอเลขคำสั่งซื้อกับยอดรวม",),
            "quantity": ("หา{query}แล้วสั่ง{pick}ให้เลย ขอเลขคำสั่งซื้อกับยอดรวม",),
        },
        supply={"query": ("{query}", "อยากได้{query}"), "quantity": _SUPPLY_TAKE["quantity"]},
        asks={"query": _ASKS_PRODUCT, "quantity": _ASKS_QUANTITY},
        topic="การสั่งซื้อสินค้า",
    ),
    Goal(
        id="shopping.search_and_cart",
        draw=_draw_search_and("add_to_cart", State(1, "added"), State(1, "line_baht", "number")),
        requests=(
            "หา{query}แล้วใส่{pick}ลงตะกร้า {quantity} บอกชื่อสินค้าที่ใส่ด้วย รวมกี่บาท",
            "เอา{query} {pick}ใส่ตะกร้าไว้ก่อน {quantity} ชื่อสินค้าอะไร เงินเท่าไร",
            "ใส่ตะกร้า {query} {pick} {quantity} ขอชื่อสินค้ากับราคารวม",
            "ขอเพิ่ม{query} โดยเลือก{pick} จำนวน {quantity} ลงในตะกร้า และแจ้งชื่อสินค้ากับราคารวม",
        ),
        topic="ตะกร้าสินค้า",
    ),
    Goal(
        id="shopping.product",
        draw=_draw_product,
        requests=(
            "สินค้ารหัส {product_id} ราคาเท่าไร เหลือกี่ชิ้น",
            "{product_id} ยังมีของไหม เหลือกี่ชิ้น ราคากี่บาท",
            "เช็กราคากับสต๊อกของ {product_id} ให้ที",
            "ขอทราบราคาและจำนวนคงเหลือของสินค้ารหัส {product_id}",
        ),
        without={"product_id": ("สินค้าที่เล็งไว้ราคาเท่าไร เหลือกี่ชิ้น",)},
        supply={"product_id": _SUPPLY_TAKE["product_id"]},
        asks={"product_id": _ASKS_PRODUCT},
        topic="ราคาและสต๊อกสินค้า",
    ),
    Goal(
        id="shopping.cart",
        draw=_draw_take("add_to_cart", State(0, "added"), State(0, "line_baht", "number")),
        requests=(
            "ใส่ {product_id} ลงตะกร้า จำนวน {quantity} แล้วบอกชื่อสินค้ากับราคารวมของรายการนี้",
            "เอาสินค้ารหัส {product_id} ใส่ตะกร้าไว้ {quantity} คืออะไร รวมกี่บาท",
            "เพิ่ม {product_id} จำนวน {quantity} ในตะกร้า ขอชื่อกับราคารวม",
            "ขอเพิ่มสินค้ารหัส {product_id} จำนวน {quantity} ลงในตะกร้า และแจ้งชื่อสินค้ากับราคารวม",
        ),
        without={
            "product_id": ("ใส่ของลงตะกร้าให้ {quantity} แล้วบอกชื่อสินค้ากับราคารวม",),
            "quantity": ("ใส่ {product_id} ลงตะกร้าให้หน่อย แล้วบอกชื่อสินค้ากับราคารวม",),
        },
        supply=_SUPPLY_TAKE,
        asks=_ASKS_TAKE,
        topic="ตะกร้าสินค้า",
    ),
    Goal(
        id="shopping.order",
        draw=_draw_take("place_order", State(0, "order_id"), State(0, "total_baht", "number")),
        requests=(
            "สั่งซื้อ {product_id} จำนวน {quantity} ขอเลขคำสั่งซื้อกับยอดรวมค่าส่ง",
            "เอาสินค้ารหัส {product_id} มา {quantity} สั่งเลย แล้วบอกเลขคำสั่งซื้อกับยอดที่ต้องจ่ายรวมค่าส่ง",
            "กดสั่ง {product_id} ให้หน่อย เอา {quantity} ได้เลขคำสั่งซื้ออะไร จ่ายเท่าไรรวมส่ง",
            "ขอสั่งซื้อสินค้ารหัส {product_id} จำนวน {quantity} พร้อมแจ้งเลขคำสั่งซื้อและยอดชำระรวมค่าจัดส่ง",
        ),
        without={
            "product_id": ("สั่งซื้อของให้หน่อย {quantity} ขอเลขคำสั่งซื้อกับยอดรวมค่าส่ง",),
            "quantity": ("สั่งซื้อ {product_id} ให้หน่อย ขอเลขคำสั่งซื้อกับยอดรวมค่าส่ง",),
        },
        supply=_SUPPLY_TAKE,
        asks=_ASKS_TAKE,
        topic="การสั่งซื้อสินค้า",
    ),
    Goal(
        id="shopping.out_of_stock",
        draw=_draw_take("place_order"),
        requests=(
            "สั่งซื้อ {product_id} จำนวน {quantity}",
            "เอาสินค้ารหัส {product_id} มา {quantity} สั่งเลย",
            "กดสั่ง {product_id} ให้หน่อย เอา {quantity}",
            "ขอสั่งซื้อสินค้ารหัส {product_id} จำนวน {quantity}",
        ),
        fails="out_of_stock",
        topic="การสั่งซื้อสินค้า",
    ),
    Goal(
        id="shopping.order_status",
        draw=_draw_order("get_order", "รอจัดส่ง", "", State(0, "status"), State(0, "total_baht", "number")),
        requests=(
            "คำสั่งซื้อ {order_id} สถานะอะไรแล้ว ยอดเท่าไร",
            "ออเดอร์ {order_id} ส่งหรือยัง แล้วยอดกี่บาท",
            "เช็กสถานะกับยอดเงินของ {order_id}",
            "ขอทราบสถานะและยอดเงินของคำสั่งซื้อเลขที่ {order_id}",
        ),
        without={"order_id": ("ของที่สั่งไว้สถานะอะไรแล้ว ยอดเท่าไร", "ออเดอร์ที่สั่งไปส่งหรือยัง แล้วยอดกี่บาท")},
        supply=_SUPPLY_ORDER,
        asks={"order_id": _ASKS_ORDER},
        topic="สถานะคำสั่งซื้อ",
    ),
    Goal(
        id="shopping.where_is_it",
        draw=_draw_where_is_it,
        requests=(
            "คำสั่งซื้อ {order_id} ตอนนี้พัสดุสถานะอะไร จะส่งถึงวันไหน",
            "ออเดอร์ {order_id} ส่งออกมาแล้ว ของถึงไหนแล้ว ได้วันที่เท่าไร",
            "ตามพัสดุของคำสั่งซื้อ {order_id} ให้หน่อย ขอสถานะพัสดุกับวันนำจ่าย",
            "ขอทราบสถานะพัสดุและวันนำจ่ายของคำสั่งซื้อเลขที่ {order_id}",
        ),
        without={"order_id": ("ของที่สั่งไว้ตอนนี้พัสดุสถานะอะไร จะส่งถึงวันไหน",)},
        supply=_SUPPLY_ORDER,
        asks={"order_id": _ASKS_ORDER},
        topic="การติดตามพัสดุ",
    ),
    Goal(
        id="shopping.cancel",
        draw=_draw_order("cancel_order", "รอจัดส่ง", "", State(0, "refund_baht", "number")),
        requests=(
            "ยกเลิกคำสั่งซื้อ {order_id} ให้หน่อย ได้เงินคืนเท่าไร",
            "เปลี่ยนใจแล้ว ยกเลิกออเดอร์ {order_id} ที คืนเงินกี่บาท",
            "ยกเลิก {order_id} ขอทราบยอดเงินคืน",
            "ขอยกเลิกคำสั่งซื้อเลขที่ {order_id} และขอทราบจำนวนเงินที่จะได้รับคืน",
        ),
        without={"order_id": ("ยกเลิกของที่สั่งไว้ให้หน่อย ได้เงินคืนเท่าไร",)},
        supply=_SUPPLY_ORDER,
        asks={"order_id": _ASKS_ORDER},
        topic="การยกเลิกคำสั่งซื้อ",
    ),
    Goal(
        id="shopping.already_shipped",
        draw=_draw_order("cancel_order", "จัดส่งแล้ว", "already_shipped"),
        requests=(
            "ยกเลิกคำสั่งซื้อ {order_id} ให้หน่อย",
            "เปลี่ยนใจแล้ว ยกเลิกออเดอร์ {order_id} ที",
            "ไม่เอา {order_id} แล้ว ยกเลิกเลย",
            "ขอยกเลิกคำสั่งซื้อเลขที่ {order_id}",
        ),
        fails="already_shipped",
        topic="การยกเลิกคำสั่งซื้อ",
    ),
)
