"""Shopping online: finding goods, their price and stock, the cart, ordering and cancelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.domains._shop import FREE_SHIPPING_BAHT, SHIPPING_BAHT, found, order, product
from datagen.domains._shopping_goals import GOALS
from datagen.tools.schema import arguments, integer, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_MOST_RESULTS = 3


def _search(world: World, given: Mapping[str, Any]) -> Any:
    products = found(world, given["query"])
    if not products:
        raise ToolError("not_found", f"ไม่พบสินค้า {given['query']}")
    return {"count": len(products), "products": products[:_MOST_RESULTS]}


def _in_stock(world: World, product_id: str, quantity: int) -> dict[str, Any]:
    wanted = product(world, product_id)
    if wanted["in_stock"] < quantity:
        raise ToolError("out_of_stock", f"สินค้า {product_id} เหลือ {wanted['in_stock']} ชิ้น")
    return wanted


def _add_to_cart(world: World, given: Mapping[str, Any]) -> Any:
    wanted = _in_stock(world, given["product_id"], given["quantity"])
    cart = world.table("cart")
    cart.append({**given, "line_baht": wanted["price_baht"] * given["quantity"]})
    return {"added": wanted["name"], "line_baht": cart[-1]["line_baht"], "cart_baht": sum(c["line_baht"] for c in cart)}


def _place_order(world: World, given: Mapping[str, Any]) -> Any:
    wanted = _in_stock(world, given["product_id"], given["quantity"])
    goods_baht = wanted["price_baht"] * given["quantity"]
    shipping_baht = 0 if goods_baht >= FREE_SHIPPING_BAHT else SHIPPING_BAHT
    orders = world.table("orders")
    made = {
        "order_id": world.number("OR", *given.values(), len(orders)),
        **given,
        "name": wanted["name"],
        "shipping_baht": shipping_baht,
        "total_baht": goods_baht + shipping_baht,
        "status": "รอจัดส่ง",
    }
    orders.append(made)
    return {key: made[key] for key in ("order_id", "name", "quantity", "shipping_baht", "total_baht")}


def _cancel_order(world: World, given: Mapping[str, Any]) -> Any:
    made = order(world, given["order_id"])
    if made["status"] == "จัดส่งแล้ว":
        raise ToolError("already_shipped", f"คำสั่งซื้อ {given['order_id']} จัดส่งแล้ว ยกเลิกไม่ได้")
    if made["status"] == "ยกเลิกแล้ว":
        raise ToolError("already_cancelled", f"คำสั่งซื้อ {given['order_id']} ถูกยกเลิกไปแล้ว")
    cancelled = {"order_id": given["order_id"], "refund_baht": made["total_baht"]}
    world.table("cancelled_orders").append(cancelled)
    return {**cancelled, "status": "ยกเลิกแล้ว"}


_PRODUCT_ID = text("รหัสสินค้า เช่น P012", "Product id, such as P012", pattern="^P[0-9]{3}$")
_QUANTITY = integer("จำนวนชิ้น", "How many", 1, 20)
_ORDER_ID = arguments(order_id=text("เลขคำสั่งซื้อ เช่น OR123456", "Order number", pattern="^OR[0-9]{6}$"))

TOOLS = (
    Tool(
        "search_products",
        "shopping",
        {"th": "ค้นหาสินค้าในร้านออนไลน์ พร้อมราคาและจำนวนที่เหลือ", "en": "Find goods of an online shop, with price and stock"},
        arguments(query=text("ชื่อสินค้าที่ต้องการ เป็นภาษาไทย", "What to look for, in Thai")),
        _search,
    ),
    Tool(
        "get_product",
        "shopping",
        {"th": "ดูชื่อ ราคา และจำนวนที่เหลือของสินค้าจากรหัส", "en": "Name, price and stock of a product by its id"},
        arguments(product_id=_PRODUCT_ID),
        lambda world, given: product(world, given["product_id"]),
    ),
    Tool(
        "add_to_cart",
        "shopping",
        {"th": "ใส่สินค้าลงตะกร้าของผู้ใช้", "en": "Put goods into the user's cart"},
        arguments(product_id=_PRODUCT_ID, quantity=_QUANTITY),
        _add_to_cart,
        writes=True,
    ),
    Tool(
        "place_order",
        "shopping",
        {
            "th": "สั่งซื้อสินค้า ค่าส่ง 50 บาท ส่งฟรีเมื่อซื้อครบ 1,000 บาท",
            "en": "Order goods; shipping is 50 baht, free from 1,000 baht",
        },
        arguments(product_id=_PRODUCT_ID, quantity=_QUANTITY),
        _place_order,
        writes=True,
    ),
    Tool(
        "get_order",
        "shopping",
        {"th": "ดูสถานะคำสั่งซื้อและหมายเลขพัสดุ", "en": "Status of an order, and its tracking number"},
        _ORDER_ID,
        lambda world, given: order(world, given["order_id"]),
    ),
    Tool(
        "cancel_order",
        "shopping",
        {"th": "ยกเลิกคำสั่งซื้อที่ยังไม่ได้จัดส่ง", "en": "Cancel an order that has not been shipped"},
        _ORDER_ID,
        _cancel_order,
        writes=True,
    ),
)
