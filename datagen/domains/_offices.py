"""The invented public offices: where they are, what they do, when they are open. None of them is real."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["DAYS_AHEAD", "OFFICES", "SERVICES", "TIMES", "Office", "Service"]

DAYS_AHEAD = 30
TIMES = ("09:00", "10:00", "11:00", "13:00", "14:00", "15:00")
"""When somebody can be seen, Monday to Friday."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a service is called, what one must bring, and the fee in baht."""

    said: str
    documents: tuple[str, ...]
    fee: int


# Simplified: what a person of age brings in the plainest case. Fees near those that are charged.
SERVICES: Mapping[str, Service] = {
    "id_card_replacement": Service("ทำบัตรประชาชนใหม่แทนบัตรที่หาย", ("ทะเบียนบ้าน", "เอกสารที่มีรูปถ่าย"), 100),
    "passport": Service("ทำหนังสือเดินทาง", ("บัตรประชาชนตัวจริง", "หนังสือเดินทางเล่มเดิม"), 1000),
    "driving_licence_renewal": Service("ต่อใบขับขี่รถยนต์", ("บัตรประชาชนตัวจริง", "ใบขับขี่เดิม", "ใบรับรองแพทย์"), 505),
    "house_register_copy": Service("คัดสำเนาทะเบียนบ้าน", ("บัตรประชาชนตัวจริง",), 20),
    "vehicle_tax": Service("ต่อภาษีรถยนต์", ("สมุดคู่มือจดทะเบียนรถ", "กรมธรรม์ พ.ร.บ.", "ใบตรวจสภาพรถ"), 1600),
}
_REGISTRY, _PASSPORTS, _TRANSPORT = (
    ("id_card_replacement", "house_register_copy"),
    ("passport",),
    ("driving_licence_renewal", "vehicle_tax"),
)


@dataclass(frozen=True, slots=True)
class Office:
    """No two offices of a province do the same."""

    name: str
    province: str
    services: tuple[str, ...]
    opens: str
    closes: str
    phone: str


OFFICES = (
    Office("สำนักงานเขตบางพฤกษา", "กรุงเทพมหานคร", _REGISTRY, "08:00", "16:00", "02-555-0101"),
    Office("ศูนย์หนังสือเดินทางสะพานทอง", "กรุงเทพมหานคร", _PASSPORTS, "08:30", "16:30", "02-555-0102"),
    Office("สำนักงานขนส่งบางพฤกษา", "กรุงเทพมหานคร", _TRANSPORT, "08:30", "15:30", "02-555-0103"),
    Office("สำนักทะเบียนอำเภอแม่น้ำแก้ว", "เชียงใหม่", _REGISTRY, "08:30", "16:30", "053-555-011"),
    Office("ศูนย์หนังสือเดินทางเวียงดอย", "เชียงใหม่", _PASSPORTS, "09:00", "17:00", "053-555-012"),
    Office("สำนักงานขนส่งเวียงดอย", "เชียงใหม่", _TRANSPORT, "08:00", "15:30", "053-555-013"),
    Office("สำนักทะเบียนอำเภอโนนทองหลาง", "ขอนแก่น", _REGISTRY, "08:30", "16:00", "043-555-021"),
    Office("ศูนย์หนังสือเดินทางทุ่งแก่น", "ขอนแก่น", _PASSPORTS, "08:30", "16:30", "043-555-022"),
    Office("สำนักงานขนส่งทุ่งแก่น", "ขอนแก่น", _TRANSPORT, "08:00", "15:00", "043-555-023"),
    Office("สำนักทะเบียนอำเภอหาดพิกุล", "สงขลา", _REGISTRY, "08:00", "16:30", "074-555-031"),
    Office("ศูนย์หนังสือเดินทางหาดพิกุล", "สงขลา", _PASSPORTS, "08:30", "17:00", "074-555-032"),
    Office("สำนักงานขนส่งแหลมสน", "สงขลา", _TRANSPORT, "08:30", "15:30", "074-555-033"),
)
