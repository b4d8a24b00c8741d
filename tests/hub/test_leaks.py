"""The scan finds what is planted, in every disguise, and nothing in texts that only look alike."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from hub.leaks import find_leaks

_FILE = Path(__file__).parents[2] / "benchmarks" / "leaks.py"


def benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("leaks_benchmark", _FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLANTED = benchmark().planted()
EXPECTED = {
    "assignment and web token": 2,
    "e-mail and LINE id": 2,
    "bank account and passport": 2,
    "home address and plate": 2,
}


@pytest.mark.parametrize("name", PLANTED)
def test_every_planted_item_is_found_once(name):
    found = find_leaks(PLANTED[name])
    assert len(found) == EXPECTED.get(name, 1), [leak.kind for leak in found]


@pytest.mark.parametrize("name", PLANTED)
def test_found_inside_json_inside_json_with_escapes(name):
    wrapped = json.dumps({"arguments": json.dumps({"note": PLANTED[name]})})
    assert {leak.kind for leak in find_leaks(PLANTED[name])} <= {leak.kind for leak in find_leaks(wrapped)}


@pytest.mark.parametrize("seed", range(2, 30))
def test_found_whatever_was_drawn(seed):
    for name, text in benchmark().planted(seed).items():
        assert find_leaks(text), name


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_shown_does_not_give_it_away(name):
    for leak in find_leaks(PLANTED[name]):
        hidden = leak.value[4:-2]
        assert len(hidden) < 3 or hidden not in leak.shown
        assert leak.value not in repr(leak.mark("file", "row", "column"))


@pytest.mark.parametrize(
    "text",
    [
        "api_key = your-api-key-goes-here-123",
        'export HF_TOKEN="hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
        "postgresql://user:password@localhost/db และ redis://:${REDIS_PASSWORD}@cache:6379",
        "AKIAIOSFODNN7EXAMPLE คือตัวอย่างในคู่มือ",
        '{"tokens": 12345678, "loss_tokens": 87654321, "max_tokens": 200}',
        '{"sha256": "0812345678c7b8cc324af070c2ecbf0812345678c7b8cc324af070c2ecbf0812"}',
        "รหัสผ่านควรยาวอย่างน้อย 12 ตัวอักษร และมีทั้งตัวเลขและตัวอักษร",
        "ติดต่อ somchai@example.com หรือ admin@shop.test หรือ git@github.com:org/name.git",
        "เลข 9-0000-00000-00-4 ไม่ใช่ของใคร และเลขนิติบุคคล 0105561000000",
        "เวลาเป็นมิลลิวินาที 1763997600000 1763997600001 1763997600002 1763997600003",
        "พ.ศ. 2568 มีประชากร 65,951,210 คน งบประมาณ 3,752,700,000,000 บาท",
        "pi = 3.14159265358979 และ 0812345678.5 กับ 1/081234567890",
        "| 2566 | 1,234 | 5678 |\n| 2567 | 2,345 | 6789 |",
        "ที่อยู่ของไฟล์คือโฟลเดอร์ 12 ในเครื่อง",
        "วัดพระแก้วอยู่แขวงพระบรมมหาราชวัง เขตพระนคร กรุงเทพมหานคร",
        "โอนเงินผ่านธนาคาร 1000000000 บาท",
        "หนังสือเดินทางมีอายุ 10 ปี ค่าธรรมเนียม 1500 บาท",
        "ขนส่งออนไลน์ ไอดีของคุณคือชื่อผู้ใช้ แอดไลน์กลุ่มได้เลย",
        "ทะเบียนบ้าน ทะเบียนรถต้องต่อทุกปี",
        "4111 1111 1111 1111 เป็นเลขบัตรสำหรับทดสอบ",
        "x = a + 66 812 345 678 และ 2+3 4567 8901 234",
        "line id: int, password: str, token: str | None",
    ],
)
def test_what_only_looks_alike_is_left_alone(text):
    assert [(leak.kind, leak.value) for leak in find_leaks(text)] == []


@pytest.mark.parametrize("folder", ["th", "tools_th", "pack_sample"])
def test_the_samples_raise_no_alarm(folder):
    module = benchmark()
    assert [leak.kind for text in module.sample_texts(module.SAMPLES / folder) for leak in find_leaks(text)] == []
    texts = module.sample_texts(module.SAMPLES / folder)[0]
    assert find_leaks(texts + "\nโทร 081-234-5678")  # and the scan does read texts like these
