"""What people want of their reminders and notes; the tools are in reminders.py."""

from __future__ import annotations

import random
from datetime import date, timedelta

from datagen.domains._booking import coming_day, said_time
from datagen.domains._forgotten import forgettable
from datagen.domains._reminders_kept import DAYS, EARLIER_NOTES, earlier
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_date
from datagen.tools.world import World

__all__ = ["GOALS"]

_TASKS = (
    "จ่ายค่าไฟ", "ไปหาหมอฟัน", "ซื้อของขวัญวันเกิดน้อง", "โทรหายาย", "ส่งงานอาจารย์", "เก็บผ้าที่ร้านซักรีด",
    "ต่อภาษีรถ", "ไปรับลูกที่โรงเรียน", "กินยาความดัน", "เช็กอินเที่ยวบิน",
)  # fmt: skip
_TIMES = tuple(f"{hour:02d}:{minute}" for hour in range(7, 22) for minute in ("00", "30"))
_NOTES = (
    ("รายการซื้อของ", "นม ไข่ ขนมปัง"),
    ("ของขวัญปีใหม่", "ผ้าพันคอให้แม่ หนังสือให้พ่อ"),
    ("สูตรไข่เจียว", "ไข่ 3 ฟอง น้ำปลา 1 ช้อนชา"),
    ("ไอเดียตกแต่งบ้าน", "ทาผนังสีครีม ติดชั้นวางหนังสือ"),
    ("คำถามถามหมอ", "ยาตัวนี้กินก่อนหรือหลังอาหาร"),
)
_UNKNOWN_NOTES = ("สูตรต้มข่าไก่", "เบอร์ช่างประปา", "รายชื่อแขกงานแต่ง", "รหัสตู้เซฟ")


def _busy_day(rng: random.Random, world: World, *, touched: bool) -> tuple[date, str]:
    """A day with one reminder from before, and its code. Reminders that are touched are never those that are looked at:
    goals may be put together, and no result must depend on their order.
    """
    found = rng.choice(tuple(earlier(world).values())[touched::2])
    return date.fromisoformat(found["date"]), found["code"]


def _another(rng: random.Random, world: World) -> tuple[dict[str, str], dict[str, str]]:
    """Slots and arguments of a new date and time, after all the days with reminders from before."""
    on, time = coming_day(rng, world, DAYS) + timedelta(days=DAYS), rng.choice(_TIMES)
    slots = {"new_date": thai_date(on, rng), "time": said_time(time, rng)}
    return slots, {"date": on.isoformat(), "time": time}


def _draw_create(rng: random.Random, world: World) -> Drawn:
    slots, given = _another(rng, world)
    title = rng.choice(_TASKS)
    call = ExpectedCall("create_reminder", {"title": title, **given})
    return Drawn(
        {"title": title, "date": slots["new_date"], "time": slots["time"]},
        (call,),
        (State(0, "date", "date"), State(0, "time", "time")),
    )


def _draw_list(rng: random.Random, world: World) -> Drawn:
    on, _ = _busy_day(rng, world, touched=False)
    call = ExpectedCall("list_reminders", {"date": on.isoformat()})
    states = (State(0, "reminders.0.title"), State(0, "reminders.0.time", "time"))
    return Drawn({"date": thai_date(on, rng)}, (call,), states)


def _draw_delete(rng: random.Random, world: World) -> Drawn:
    _, code = _busy_day(rng, world, touched=True)
    return Drawn({"code": code}, (ExpectedCall("delete_reminder", {"reminder_code": code}),), (State(0, "title"),))


def _draw_delete_unknown(rng: random.Random, world: World) -> Drawn:
    known = {found["code"] for found in earlier(world).values()}
    while (code := f"RM{rng.randrange(100_000, 1_000_000)}") in known:
        pass
    return Drawn({"code": code}, (ExpectedCall("delete_reminder", {"reminder_code": code}, error="not_found"),), ())


def _draw_list_delete(rng: random.Random, world: World) -> Drawn:
    on, _ = _busy_day(rng, world, touched=True)
    calls = (
        ExpectedCall("list_reminders", {"date": on.isoformat()}),
        ExpectedCall("delete_reminder", {"reminder_code": {"$from": [0, "reminders.0.code"]}}),
    )
    return Drawn({"date": thai_date(on, rng)}, calls, (State(1, "title"),))


def _draw_move(rng: random.Random, world: World) -> Drawn:
    _, code = _busy_day(rng, world, touched=True)
    slots, given = _another(rng, world)
    call = ExpectedCall("move_reminder", {"reminder_code": code, **given})
    states = (State(0, "title"), State(0, "date", "date"), State(0, "time", "time"))
    return Drawn({"code": code, **slots}, (call,), states)


def _draw_list_move(rng: random.Random, world: World) -> Drawn:
    on, _ = _busy_day(rng, world, touched=True)
    slots, given = _another(rng, world)
    calls = (
        ExpectedCall("list_reminders", {"date": on.isoformat()}),
        ExpectedCall("move_reminder", {"reminder_code": {"$from": [0, "reminders.0.code"]}, **given}),
    )
    states = (State(1, "title"), State(1, "date", "date"), State(1, "time", "time"))
    return Drawn({"date": thai_date(on, rng), **slots}, calls, states)


def _draw_note(rng: random.Random, world: World) -> Drawn:
    title, text = rng.choice(_NOTES)
    slots = {"title": title, "text": text}
    return Drawn(slots, (ExpectedCall("save_note", slots),), (State(0, "title"),))


def _draw_find(rng: random.Random, world: World) -> Drawn:
    slots = {"title": rng.choice(tuple(EARLIER_NOTES))}
    return Drawn(slots, (ExpectedCall("find_note", slots),), (State(0, "text"),))


def _draw_find_unknown(rng: random.Random, world: World) -> Drawn:
    slots = {"title": rng.choice(_UNKNOWN_NOTES)}
    return Drawn(slots, (ExpectedCall("find_note", slots, error="not_found"),), ())


_ASKS_DATE = ("วันไหน", "วันที่", "วันใด", "เมื่อไร", "เมื่อไหร่")
_SLOTS = {
    "title": (("เรื่อง “{title}”", "{title}"), ("เรื่องอะไร", "เรื่องใด", "เตือนอะไร", "หัวข้อ", "โน้ตไหน", "เรื่องไหน")),
    "date": (("วันที่ {date}", "{date}"), _ASKS_DATE),
    "new_date": (("วันที่ {new_date}", "{new_date}"), _ASKS_DATE),
    "time": (("เวลา {time}", "ตอน {time}"), ("กี่โมง", "เวลา")),
    "code": (("{code}", "รหัส {code}"), ("รหัส", "หมายเลข", "รายการไหน", "อันไหน", "เรื่องไหน", "เรื่องอะไร")),
    "text": (("{text}", "จดว่า {text}"), ("ข้อความ", "เนื้อหา", "จดว่า", "จดอะไร", "รายละเอียด", "อะไรบ้าง")),
}
_DELETES = (
    "ลบเตือนรหัส {code} ให้หน่อย แล้วบอกด้วยว่าเรื่องอะไร",
    "ไม่ต้องเตือน {code} แล้ว ลบทิ้งเลย มันคือเรื่องอะไรนะ",
    "delete เตือน {code} แล้วทวนชื่อเรื่อง",
    "ขอลบรายการเตือนรหัส {code} พร้อมแจ้งชื่อรายการที่ลบ",
)
_OPENINGS = (
    "เปิดโน้ต “{title}” ให้หน่อย เขียนไว้ว่าอะไร",
    "ที่จดไว้หัวข้อ {title} จดไว้ว่ายังไงนะ",
    "โน้ต {title}",
    "ขอดูข้อความในโน้ตหัวข้อ “{title}”",
)

GOALS = (
    Goal(
        id="reminders.create",
        draw=_draw_create,
        requests=(
            "เตือน “{title}” วันที่ {date} เวลา {time} ให้หน่อย แล้วทวนวันเวลาด้วย",
            "ตั้งเตือนเรื่อง {title} ให้ที วันที่ {date} ตอน {time} ตั้งเสร็จทวนวันกับเวลาให้ฟังด้วย",
            "ตั้งเตือน {title} วันที่ {date} เวลา {time} ยืนยันวันเวลากลับมาด้วย",
            "ขอให้ตั้งการเตือนเรื่อง “{title}” ในวันที่ {date} เวลา {time} และยืนยันวันเวลา",
        ),
        topic="การตั้งเตือน",
        **forgettable(
            _SLOTS,
            {
                "title": ("ตั้งเตือนวันที่ {date} เวลา {time} ให้หน่อย แล้วทวนวันเวลาด้วย",),
                "date": ("ตั้งเตือนเรื่อง {title} เวลา {time} ให้หน่อย แล้วทวนวันเวลาด้วย",),
                "time": ("ตั้งเตือนเรื่อง {title} วันที่ {date} ให้หน่อย แล้วทวนวันเวลาด้วย",),
            },
        ),
    ),
    Goal(
        id="reminders.list",
        draw=_draw_list,
        requests=(
            "วันที่ {date} ตั้งเตือนอะไรไว้ กี่โมง",
            "ลืมไปแล้วว่าวันที่ {date} ให้เตือนเรื่องอะไร ตอนกี่โมง",
            "รายการเตือนวันที่ {date} มีเรื่องอะไร เวลาไหน",
            "ขอทราบรายการเตือนและเวลาของวันที่ {date}",
        ),
        topic="รายการเตือน",
        **forgettable(_SLOTS, {"date": ("ช่วยดูรายการเตือนของวันหนึ่งให้หน่อย มีเรื่องอะไร กี่โมง",)}),
    ),
    Goal(
        id="reminders.delete",
        draw=_draw_delete,
        requests=_DELETES,
        topic="การลบรายการเตือน",
        **forgettable(_SLOTS, {"code": ("ลบเตือนให้รายการหนึ่งหน่อย แล้วบอกด้วยว่าลบเรื่องอะไรไป",)}),
    ),
    Goal(
        id="reminders.delete_unknown",
        draw=_draw_delete_unknown,
        requests=_DELETES,
        topic="การลบรายการเตือน",
        fails="not_found",
    ),
    Goal(
        id="reminders.list_delete",
        draw=_draw_list_delete,
        requests=(
            "วันที่ {date} มีเตือนไว้รายการเดียว ลบทิ้งให้เลย แล้วบอกด้วยว่าเรื่องอะไร",
            "ดูซิว่าวันที่ {date} ตั้งเตือนอะไรไว้ แล้วลบอันนั้นออกให้ที บอกชื่อเรื่องด้วย",
            "ลบเตือนของวันที่ {date} ออก แล้วบอกว่าลบเรื่องอะไรไป",
            "ขอให้ตรวจรายการเตือนของวันที่ {date} แล้วลบรายการนั้น พร้อมแจ้งชื่อรายการ",
        ),
        topic="การลบรายการเตือน",
        **forgettable(_SLOTS, {"date": ("ลบเตือนของวันหนึ่งออกให้หน่อย แล้วบอกว่าลบเรื่องอะไรไป",)}),
    ),
    Goal(
        id="reminders.move",
        draw=_draw_move,
        requests=(
            "เลื่อนเตือนรหัส {code} ไปวันที่ {new_date} เวลา {time} แล้วทวนชื่อเรื่องกับวันเวลาด้วย",
            "เตือน {code} ย้ายไปวันที่ {new_date} ตอน {time} ให้ที เสร็จแล้วบอกด้วยว่าเรื่องอะไร วันไหน กี่โมง",
            "ย้ายเตือน {code} เป็นวันที่ {new_date} เวลา {time} ขอทวนเรื่องและวันเวลา",
            "ขอเลื่อนรายการเตือนรหัส {code} เป็นวันที่ {new_date} เวลา {time} พร้อมยืนยันชื่อรายการและวันเวลาใหม่",
        ),
        topic="การเลื่อนเตือน",
        **forgettable(
            _SLOTS,
            {
                "code": ("เลื่อนเตือนไปวันที่ {new_date} เวลา {time} แล้วทวนชื่อเรื่องกับวันเวลาด้วย",),
                "new_date": ("เลื่อนเตือนรหัส {code} ไปวันอื่น เวลา {time} แล้วทวนชื่อเรื่องกับวันเวลาด้วย",),
                "time": ("เลื่อนเตือนรหัส {code} ไปวันที่ {new_date} แล้วทวนชื่อเรื่องกับวันเวลาด้วย",),
            },
        ),
    ),
    Goal(
        id="reminders.list_move",
        draw=_draw_list_move,
        requests=(
            "เตือนของวันที่ {date} เลื่อนไปเป็นวันที่ {new_date} เวลา {time} ให้หน่อย บอกด้วยว่าเรื่องอะไร วันไหน กี่โมง",
            "ดูเตือนวันที่ {date} ให้ที แล้วย้ายไปวันที่ {new_date} ตอน {time} เสร็จแล้วทวนเรื่องกับวันเวลาใหม่ด้วย",
            "ย้ายเตือนวันที่ {date} ไปวันที่ {new_date} เวลา {time} ขอทวนเรื่องและวันเวลาใหม่",
            "ขอให้ตรวจรายการเตือนของวันที่ {date} และเลื่อนไปวันที่ {new_date} เวลา {time} พร้อมยืนยันชื่อรายการและวันเวลาใหม่",
        ),
        topic="การเลื่อนเตือน",
        **forgettable(
            _SLOTS,
            {
                "date": ("เลื่อนเตือนรายการหนึ่งไปวันที่ {new_date} เวลา {time} ให้หน่อย บอกด้วยว่าเรื่องอะไร วันไหน กี่โมง",),
                "time": ("เตือนของวันที่ {date} เลื่อนไปวันที่ {new_date} ให้หน่อย บอกด้วยว่าเรื่องอะไร วันไหน กี่โมง",),
                "new_date": ("เตือนของวันที่ {date} เลื่อนไปวันอื่น เวลา {time} ให้หน่อย บอกด้วยว่าเรื่องอะไร วันไหน กี่โมง",),
            },
        ),
    ),
    Goal(
        id="reminders.note",
        draw=_draw_note,
        requests=(
            "จดโน้ตหัวข้อ “{title}” ข้อความ “{text}” ให้หน่อย",
            "ช่วยโน้ตไว้ที หัวข้อ “{title}” จดว่า “{text}”",
            "โน้ต: {title} - {text}",
            "ขอบันทึกโน้ตหัวข้อ “{title}” มีข้อความว่า “{text}”",
        ),
        topic="การจดโน้ต",
        **forgettable(
            _SLOTS,
            {
                "title": ("ช่วยจดโน้ตให้หน่อย ข้อความว่า “{text}”",),
                "text": ("ช่วยจดโน้ตหัวข้อ “{title}” ให้หน่อย",),
            },
        ),
    ),
    Goal(
        id="reminders.find_note",
        draw=_draw_find,
        requests=_OPENINGS,
        topic="โน้ตที่จดไว้",
        **forgettable(_SLOTS, {"title": ("เปิดโน้ตที่จดไว้ให้หน่อย เขียนไว้ว่าอะไร",)}),
    ),
    Goal(
        id="reminders.note_unknown",
        draw=_draw_find_unknown,
        requests=_OPENINGS,
        topic="โน้ตที่จดไว้",
        fails="not_found",
    ),
)
