"""The yearly official holidays of Thailand, as the cabinet keeps them.

Not covered: substitute days, days announced for one year only, and the Ploughing Ceremony, whose day is announced.
Labour Day is none: offices are open.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from datagen.domains._lunar import moon_day

__all__ = ["BY_THE_MOON", "NAMES", "NOT_PUBLIC", "holidays_of"]

_FIXED = {
    (1, 1): "วันขึ้นปีใหม่",
    (4, 6): "วันจักรี",
    (4, 13): "วันสงกรานต์",
    (4, 14): "วันสงกรานต์",
    (4, 15): "วันสงกรานต์",
    (5, 4): "วันฉัตรมงคล",
    (6, 3): "วันเฉลิมพระชนมพรรษาพระบรมราชินี",
    (7, 28): "วันเฉลิมพระชนมพรรษาพระบาทสมเด็จพระเจ้าอยู่หัว",
    (8, 12): "วันแม่แห่งชาติ",
    (10, 13): "วันนวมินทรมหาราช",
    (10, 23): "วันปิยมหาราช",
    (12, 5): "วันพ่อแห่งชาติ",
    (12, 10): "วันรัฐธรรมนูญ",
    (12, 31): "วันสิ้นปี",
}
# In a year with two eighth months the full moons of months 4, 7 and the second 8 take the place of 3, 6 and 8.
BY_THE_MOON = ("วันมาฆบูชา", "วันวิสาขบูชา", "วันอาสาฬหบูชา", "วันเข้าพรรษา")
# People ask for them, but they are no public holidays.
NOT_PUBLIC = ("วันลอยกระทง", "วันครู", "วันวาเลนไทน์", "วันไหว้ครู", "วันออกพรรษา", "วันเด็กแห่งชาติ", "วันคริสต์มาส")
NAMES = tuple(dict.fromkeys([*_FIXED.values(), *BY_THE_MOON]))


@cache
def holidays_of(year: int) -> tuple[tuple[date, str], ...]:
    """All public holidays of a year, in order."""
    fixed = [(date(year, month, on), name) for (month, on), name in _FIXED.items()]
    moving = zip(_buddhist_days(year), BY_THE_MOON, strict=True)
    return tuple(sorted([*fixed, *moving]))


def _buddhist_days(year: int) -> list[date]:
    days = [date(year, 1, 1) + timedelta(days=each) for each in range(365)]
    full = {moon_day(on)[2:]: on for on in days if moon_day(on)[:2] == ("ขึ้น", 15) and 3 <= moon_day(on)[2] <= 8}
    late = (8, True) in full
    asalha = full[8, late]
    return [full[3 + late, False], full[6 + late, False], asalha, asalha + timedelta(days=1)]
