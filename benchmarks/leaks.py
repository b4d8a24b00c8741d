"""What the scan for secrets and personal data finds of what is planted, and what it finds where nothing is.

    python benchmarks/leaks.py

Twenty values that nobody owns are drawn and planted into the sample datasets, each in another disguise; then the
samples are read as they are. With detect-secrets installed (pip install detect-secrets), its default plugins read the
same texts. Speed is CPU time on one core.
"""

from __future__ import annotations

import json
import random
import string
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constraints.thai.identifiers import citizen_check_digit
from datagen.shards import read_rows
from hub.leaks import find_leaks

SAMPLES = Path(__file__).parent.parent / "samples"
_LETTERS = string.ascii_letters + string.digits
_THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


def planted(seed: int = 1) -> dict[str, str]:
    """Name -> a text with one secret (ten of them) or one item of Thai personal data (ten) in it."""
    rng = random.Random(seed)

    def key(count: int, letters: str = _LETTERS) -> str:
        return "".join(rng.choices(letters, k=count))

    def digits(count: int) -> str:
        return key(count, string.digits)

    def citizen_id() -> str:
        twelve = f"{rng.randint(1, 8)}50{digits(9)}"
        return twelve + str(citizen_check_digit(twelve))

    hex64, first, second, third, fourth = key(64, "0123456789abcdef"), *(citizen_id() for _ in range(4))
    dashed = f"{second[0]}-{second[1:5]}-{second[5:10]}-{second[10:12]}-{second[12]}"
    cells = (fourth[0], fourth[1:5], fourth[5:10], fourth[10:12], fourth[12])
    split = f"sk-ant-api03-{key(90)}"
    phone, other, said = (f"08{rng.randint(1, 9)}{digits(7)}" for _ in range(3))
    words = ("ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")
    account = f"{digits(3)}-{rng.randint(1, 9)}-{digits(5)}-{digits(1)}"
    jwt = ".".join(("eyJ" + key(20), "eyJ" + key(40), key(43)))
    return {
        "OpenAI key in prose": f"ตั้งค่าแล้วใช้คีย์ sk-proj-{key(48)} ได้เลยครับ",
        "Anthropic key over two lines of Markdown": f"> {split[:40]}\n> {split[40:]}",
        "Hugging Face token between marks": f"ใส่ **hf_{key(12)}**{key(22)} ในช่องโทเคน",
        "AWS key in arguments of a call": json.dumps({"id": "AKIA" + key(16, string.ascii_uppercase + "234567")}),
        "GitHub token in JSON inside JSON": json.dumps({"body": json.dumps({"auth": f"ghp_{key(36)}"})}),
        "private key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{key(64)}\n{key(64)}\n-----END OPENSSH PRIVATE KEY-----",
        "bearer token": f"curl -H 'Authorization: Bearer {key(40)}' https://api.example.com/v1",
        "password in an address": f"postgresql://app:{key(14)}@db.internal:5432/orders",
        ".netrc": f"machine api.example.com\n  login somchai\n  password {key(14)}",
        "assignment and web token": f'CLIENT_SECRET="{hex64[:40]}"\nsession: {jwt}',
        "citizen id in Thai digits": f"เลขประจำตัวประชาชน {first.translate(_THAI)} ครับ",
        "citizen id between marks": f"บัตรเลขที่ **{dashed[:6]}**`{dashed[6:]}`",
        "citizen id as a number in arguments": json.dumps({"citizen": int(third), "name": "สมชาย"}),
        "citizen id in the cells of a table": " | ".join(cells),
        "phone over two lines in Thai digits": f"โทร {phone[:3]}-{phone[3:6]}-\n{phone[6:]}".translate(_THAI),
        "phone in JSON escapes": json.dumps({"tel": f"+66 {other[1:3]} {other[3:6]} {other[6:]}".translate(_THAI)}),
        "phone said in words": "โทรมาที่ " + " ".join(words[int(digit)] for digit in said),
        "e-mail and LINE id": f"อีเมล chai.{key(4, string.ascii_lowercase)}(at)gmail(dot)com ไลน์ไอดี: chai_{digits(4)}",
        "bank account and passport": f"โอนเข้าบัญชีกสิกรไทย {account} หนังสือเดินทางเลขที่ AA{digits(7)}",
        "home address and plate": "ส่งถึงนายสมชาย ใจดี 99/12 หมู่ 4 ต.บางพลีใหญ่ อ.บางพลี จ.สมุทรปราการ 10540 "
        f"รถทะเบียน 1กข {rng.randint(1000, 9999)}",
    }  # fmt: skip


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def sample_texts(folder: Path) -> list[str]:
    """Every text of every row, and the other files whole."""
    found: list[str] = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if file.suffix == ".parquet":
            found += texts(list(read_rows(file)))
        else:
            found.append(file.read_text(encoding="utf-8"))
    return found


def _theirs(found: list[str]) -> Counter[str] | None:
    """What detect-secrets makes of the same texts; None where it is not installed."""
    try:
        from detect_secrets import SecretsCollection  # pyright: ignore[reportMissingImports]
        from detect_secrets.settings import default_settings  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder, default_settings():
        file = Path(folder) / "texts.txt"
        file.write_text("\n".join(found), encoding="utf-8")
        secrets = SecretsCollection()
        secrets.scan_file(str(file))
        return Counter(secret.type for _, secret in secrets)


def main() -> None:
    kinds = {name: [leak.kind for leak in find_leaks(text)] for name, text in planted().items()}
    for name, found in kinds.items():
        print(f"{name:<42} {', '.join(found) or 'NOTHING'}")
    print(f"planted: {len(kinds)}, found: {sum(map(bool, kinds.values()))}")
    ten = list(planted().values())[:10]
    for folder in ("th", "tools_th", "pack_sample"):
        found = sample_texts(SAMPLES / folder)
        before = time.process_time()
        alarms = Counter(leak.kind for text in found for leak in find_leaks(text))
        seconds, size = time.process_time() - before, sum(map(len, found))
        speed = size / seconds / 1e6
        print(f"samples/{folder}: {alarms.total()} alarms in {size:,} characters, {speed:.1f} million a second")
        if (theirs := _theirs(found)) is not None:
            print(f"  detect-secrets: {theirs.total()} alarms {dict(theirs)}")
    if (each := [_theirs([text]) for text in ten])[0] is not None:
        print(f"detect-secrets: {sum(map(bool, each))} of the {len(ten)} planted secrets")


if __name__ == "__main__":
    main()
