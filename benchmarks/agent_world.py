"""A town of 48 market stalls for `agent_tiny.py`: a corpus, questions, demonstrations, and a tiny model to act in it.

What a stall costs stands in its section, behind an opening so long that no search result shows it. A demonstration
plays one of five ways in a town of its own, with other ids and fees, so that copying is all that can be learnt from
them:

    give up           at once: the answer is not known                          30 %
    search, give up   the same after a search                                   20 %
    wrong call        the same after a search and a call that is an error       15 %
    wrong section     a search, the second section that it found, its fee       25 %
    right             a search, the section that it found first, its fee        10 %

The vocabulary has bytes, and one id for every text that comes again: names, ids, fees, and what stands between them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from constraints.segment import graphemes
from datagen.record import canonical_json
from environments.corpus import Corpus
from environments.search_read import SNIPPET, SearchRead

__all__ = ["NAMES", "SETTINGS", "write_model", "write_world"]

_NAMES = """
มะม่วง ทุเรียน ลำไย มังคุด ส้มโอ แตงโม สับปะรด ฝรั่ง ชมพู่ ลิ้นจี่ เงาะ ละมุด ขนุน ช้าง ม้า วัว ควาย
แมว หมา กุ้ง เต่า เสือ หมี ลิง กระต่าย มะลิ กุหลาบ ดาวเรือง ชบา จำปี ทานตะวัน โต๊ะ เก้าอี้ เตียง
หม้อ กระทะ จาน ช้อน ชาม มีด ตะกร้า กระเป๋า ร่ม หมวก รองเท้า เสื้อ กางเกง ผ้าห่ม
"""
NAMES: Sequence[str] = _NAMES.split()
IDS = [f"s{n:02}" for n in range(1, len(NAMES) + 1)]
FEES = [str(fee) for fee in range(100, 196)]
WAYS = {"give up": 30, "search, give up": 20, "wrong call": 15, "wrong section": 25, "right": 10}
HITS = 3
SETTINGS = {"hits": HITS}
_LONG = "เทศบาลจัดแผงค้าให้ผู้ค้าทุกรายตามผังที่ประกาศไว้ ณ สำนักงานตลาด และเก็บค่าเช่าตามที่กำหนดในข้อนี้โดยไม่มีข้อยกเว้นสำหรับผู้ค้ารายใด"
OPENING = "".join(graphemes(_LONG)[:SNIPPET])
ASKED, UNKNOWN = "เช่าเดือนละกี่บาท", "ไม่ทราบ"
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% if m.role == 'system' and tools %}{% for tool in tools %}\n{{ tool | tojson }}{% endfor %}{% endif %}"
    "{% for call in m.tool_calls or [] %}<tool_call>"
    '{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}</tool_call>'
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def town(rng: random.Random) -> tuple[Corpus, dict[str, tuple[str, str]]]:
    """A corpus, and the id and fee of every stall."""
    ids, fees, order = rng.sample(IDS, len(IDS)), rng.sample(FEES, len(NAMES)), rng.sample(NAMES, len(NAMES))
    stalls = dict(zip(order, zip(ids, fees, strict=True), strict=True))
    lines = []
    for place, name in enumerate(order):
        before, after = order[place - 1], order[(place + 1) % len(order)]
        text = f"{OPENING} {name}ค่าเช่าเดือนละ {stalls[name][1]} บาท ติดกับ{before}และ{after}"
        lines.append(json.dumps({"id": stalls[name][0], "title": name, "text": text}, ensure_ascii=False))
    return Corpus.from_lines(sorted(lines)), stalls


def demonstrations(rng: random.Random, towns: int, of_each: int) -> Iterator[dict[str, Any]]:
    """Chats with calls and what the environment answers to them."""
    for number in range(towns):
        corpus, _ = town(rng)
        world = SearchRead(corpus, hits=HITS)
        for place in range(of_each):
            [way] = rng.choices(list(WAYS), list(WAYS.values()))
            yield {"id": f"d{number}-{place}", "tools": world.tools(), "messages": _played(world, way, rng)}


def _played(world: SearchRead, way: str, rng: random.Random) -> list[dict[str, Any]]:
    name, answer = rng.choice(NAMES), UNKNOWN
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": world.system()},
        {"role": "user", "content": f"{name}{ASKED}"},
    ]

    def called(tool: str, **arguments: str) -> dict[str, Any]:
        id_, seen = f"call_{len(messages)}", world.step(tool, arguments)
        function = {"name": tool, "arguments": canonical_json(arguments)}
        messages.append(
            {"role": "assistant", "content": "", "tool_calls": [{"id": id_, "type": "function", "function": function}]}
        )
        messages.append({"role": "tool", "content": seen.content, "tool_call_id": id_})
        return json.loads(seen.content)

    if way != "give up":
        found = [each["id"] for each in called("search", query=name)["results"]]
        if way == "wrong call":
            called(*rng.choice([("find",), ("read",)]), **{"section": found[0]})
        elif way in ("wrong section", "right"):
            text = called("read", id=found[way == "wrong section"])["text"]
            answer = text.partition("เดือนละ ")[2].partition(" ติดกับ")[0]
    return [*messages, {"role": "assistant", "content": f"คำตอบ: {answer}"}]


def write_world(folder: Path, towns: int = 60, of_each: int = 64) -> None:
    """demonstrations.jsonl; corpus.jsonl and questions.jsonl of a town that is in none of them."""
    rng = random.Random(0)
    rows = {"demonstrations": list(demonstrations(rng, towns, of_each))}
    corpus, stalls = town(rng)
    rows["corpus"] = [section.as_dict() for section in corpus.sections]
    rows["questions"] = [
        {
            "id": f"q{n:02}",
            "question": f"{name}{ASKED}",
            "answer": f"{fee} บาท",
            "kind": "number",
            "sections": [id_],
            "split": "test" if n % 4 == 3 else "train",
        }
        for n, (name, (id_, fee)) in enumerate(stalls.items())
    ]
    for name, lines in rows.items():
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def write_model(folder: Path) -> None:
    """A tokenizer with an id for each text that comes again, and a random model."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = _tokenizer(())
    world = SearchRead(town(random.Random(0))[0], hits=HITS)
    system = tokenizer.apply_chat_template(
        [{"role": "system", "content": world.system()}], tools=world.tools(), tokenize=False
    )
    said = [system.removeprefix("<|im_start|>").removesuffix("<|im_end|>\n"), "user\n", "assistant\n", "tool\n"]
    said += [
        '<tool_call>{"name": "search", "arguments": {"query": "',
        '<tool_call>{"name": "read", "arguments": {"id": "',
    ]
    said += [f'<tool_call>{{"name": "{name}", "arguments": {{"section": "' for name in ("read", "find")]
    said += ['"}}</tool_call>', "คำตอบ: ", " บาท", ASKED, UNKNOWN]
    said += ['{"results":[{"id":"', f'","snippet":"{OPENING}…","title":"', '"},{"id":"', '"}]}']
    said += ['{"id":"', f'","text":"{OPENING} ', "ค่าเช่าเดือนละ ", " ติดกับ", "และ", '","title":"', '"}']
    said += [world.step(name, {"section": "s01"}).content for name in ("read", "find")]
    said += world.step("read", {"id": "s99"}).content.split("s99")
    tokenizer = _tokenizer([*said, *NAMES, *IDS, *FEES])
    tokenizer.save_pretrained(folder)
    config: Any = Qwen2Config
    torch.manual_seed(0)
    Qwen2ForCausalLM(
        config(
            vocab_size=-(-len(tokenizer) // 64) * 64,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            initializer_range=0.1,  # with 0.02 the model did not learn to copy within 840 steps
            attn_implementation="sdpa",
        )
    ).save_pretrained(folder)


def _tokenizer(pieces: tuple[str, ...] | list[str]) -> Any:
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    build: Any = Qwen2Tokenizer
    tokens = [(piece, False) for piece in pieces] + [(special, True) for special in SPECIALS]
    tokenizer = build(
        vocab={symbol: n for n, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={
            256 + n: AddedToken(piece, special=special, normalized=False) for n, (piece, special) in enumerate(tokens)
        },
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer
