"""The closed-book task of ink_knowledge.py: seven towns with one wording and seven sets of numbers, and a model that
has read about six of them.

All sections of the shipped municipal code (`environments.municipal`) are kept, and those of its questions whose answer
is a number or a time: 172, 120 of the split `train` and 52 of `test`, about different sections. Thai digits are written
as Arabic ones, and the town's name stands before each text and question, not inside. Six further towns have the same
sections and questions with other numbers: each number is one of six candidates of the same unit, drawn for each town;
the code's own number is among the six.

The vocabulary has one id for each number, each question, and each stretch of text between two numbers: the wording is
known, and what there is to learn is which number belongs to which town and place.

The start model learns, by a plain next-token loop, first the texts of the six towns, then questions and answers about
them beside the texts. About the seventh town (Mekhathara, the shipped one) it sees what tells nothing: in 15 % of the
rows, texts and questions under its name with numbers drawn anew each time. So it knows the form of an answer and which
numbers are likely, answers about 1 in 6 right, and has never seen a fact of this town.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from environments.municipal import municipal_code, read_questions

__all__ = ["Task", "learnt_from_texts", "train_start_model", "write_files"]

TOWN = "เทศบาลนครเมฆาธารา"
OTHERS = tuple(f"เทศบาล{name}" for name in ("ภูผาแดง", "ดอนแก้ว", "ท่าเกษม", "บางทราย", "เวียงฟ้า", "หนองจันทร์"))
CANDIDATES = 6
UNKNOWN_SHARE = 0.15
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIALS = ("<|endoftext|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>")
_NUMBER = re.compile(r"\d(?:[\d,.]*\d)?")
_ARABIC = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")

Place = tuple[str, int]
"""Section, and which of its numbers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the shape of its answer with `{}` for the number, and where that number stands."""

    id: str
    question: str
    shape: str
    place: Place
    split: str


class Task:
    """Sections, questions and the numbers of each town, all functions of the shipped code and fixed seeds."""

    def __init__(self) -> None:
        texts = {s.id: (s.title, s.text.translate(_ARABIC)) for s in municipal_code().sections}
        self.sections = {
            id_: [part.replace("เมฆาธารา", "แห่งนี้") for part in (title, *re.split(_NUMBER, text))]
            for id_, (title, text) in texts.items()
        }
        own = {(id_, n): v for id_, (_, text) in texts.items() for n, v in enumerate(_NUMBER.findall(text))}
        self.candidates = self._candidates(own)
        self.facts = {TOWN: own} | {town: self.drawn(random.Random(town)) for town in OTHERS}
        self.asked = []
        for question in read_questions():
            if question.kind in ("number", "time"):
                number = _NUMBER.search(question.answer)
                assert number is not None
                (place,) = (p for p, v in own.items() if p[0] in question.sections and v == number.group())
                shape = question.answer.replace(number.group(), "{}", 1)
                self.asked.append(Asked(question.id, question.question, shape, place, question.split))

    def _candidates(self, own: Mapping[Place, str]) -> dict[Place, list[str]]:
        rng, found = random.Random(0), {}
        units = {place: self.sections[place[0]][place[1] + 2].split()[:1] for place in own}
        for place, number in own.items():
            alike = sorted({own[p] for p in own if units[p] == units[place] and own[p] != number})
            if len(alike) < CANDIDATES - 1:
                alike = sorted({other for other in own.values() if len(other) == len(number) and other != number})
            found[place] = [number, *rng.sample(alike, CANDIDATES - 1)]
        return found

    def drawn(self, rng: random.Random) -> dict[Place, str]:
        """A number for each place."""
        return {place: rng.choice(numbers) for place, numbers in self.candidates.items()}

    def text(self, town: str, section: str, facts: Mapping[Place, str]) -> str:
        """A section as raw text."""
        title, first, *rest = self.sections[section]
        numbers = (facts[section, n] + part for n, part in enumerate(rest))
        return f"{town} {title} {first}" + "".join(numbers)

    def question(self, town: str, asked: Asked) -> str:
        return f"{town} {asked.question}"

    def answer(self, asked: Asked, facts: Mapping[Place, str]) -> str:
        return asked.shape.format(facts[asked.place])

    def pieces(self) -> list[str]:
        """What has an id of its own: towns, stretches of text, questions, numbers, units."""
        stretches = {f" {parts[0]}" for parts in self.sections.values()}
        for _, first, *rest in self.sections.values():
            stretches |= {part.removesuffix(" ") for part in (f" {first}", *rest)}
        questions = {f" {asked.question}" for asked in self.asked}
        units = {part.removesuffix(" ") for asked in self.asked for part in asked.shape.split("{}")}
        numbers = {number for numbers in self.candidates.values() for number in numbers}
        return [TOWN, *OTHERS, *sorted((stretches | questions | units | numbers) - {""})]


def write_files(task: Task, folder: Path) -> None:
    """corpus.jsonl, train.jsonl and test.jsonl of the seventh town, and the tokenizer."""
    facts = task.facts[TOWN]
    lines: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    lines["corpus"] = [{"text": task.text(TOWN, section, facts)} for section in task.sections]
    for asked in task.asked:
        answer = task.answer(asked, facts)
        exactly = [
            {"id": "keywords.ends_with", "params": {"phrase": answer}},
            {"id": "length.characters_max", "params": {"maximum": len(answer)}},
        ]
        prompt = [{"role": "user", "content": task.question(TOWN, asked)}]
        lines[asked.split].append({"id": asked.id, "prompt": prompt, "constraints": exactly})
    for name, rows in lines.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    _tokenizer(task).save_pretrained(folder / "tokenizer")


def _tokenizer(task: Task) -> Any:
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    pieces = [(piece, False) for piece in task.pieces()] + [(name, True) for name in SPECIALS]
    build: Any = Qwen2Tokenizer
    tokenizer = build(
        vocab={symbol: n for n, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={
            256 + n: AddedToken(piece, special=special, normalized=False) for n, (piece, special) in enumerate(pieces)
        },
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


class _Rows:
    """Endless rows of (ids, first id in the loss), each once an epoch."""

    def __init__(self, task: Task, tokenizer: Any, seed: int) -> None:
        self.task, self.tokenizer, self.rng = task, tokenizer, random.Random(seed)
        sections, end = list(task.sections), tokenizer.pad_token_id

        def text(town: str, facts: Mapping[Place, str], section: str) -> tuple[list[int], int]:
            return [*tokenizer.encode(task.text(town, section, facts)), end], 1

        def chat(town: str, facts: Mapping[Place, str], asked: Asked) -> tuple[list[int], int]:
            said = tokenizer.encode(f"<|user|>{task.question(town, asked)}<|im_end|><|assistant|>")
            return said + tokenizer.encode(task.answer(asked, facts) + "<|im_end|>"), len(said)

        self.texts, self.chats = self._endless(text, sections), self._endless(chat, task.asked)

    def _endless(self, make: Any, about: list[Any]) -> Iterator[tuple[list[int], int]]:
        known = [make(town, self.task.facts[town], each) for town in OTHERS for each in about]
        while True:
            self.rng.shuffle(known)
            for row in known:
                unknown = self.rng.random() < UNKNOWN_SHARE
                yield make(TOWN, self.task.drawn(self.rng), self.rng.choice(about)) if unknown else row


def train_start_model(task: Task, tokenizer_folder: Path, folder: Path, seed: int, steps: Sequence[int]) -> float:
    """Texts for `steps[0]` steps, then texts and chats for `steps[1]`; the loss of the last fifty steps' answers."""
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    tokenizer: Any = AutoTokenizer.from_pretrained(tokenizer_folder)
    torch.manual_seed(seed)
    build: Any = Qwen2Config
    config = build(
        vocab_size=-(-len(tokenizer) // 64) * 64,
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        tie_word_embeddings=True,
        initializer_range=0.05,
        attn_implementation="sdpa",
    )
    model, rows, last = Qwen2ForCausalLM(config), _Rows(task, tokenizer, seed), list[float]()
    for first, count in ((True, steps[0]), (False, steps[1])):
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, betas=(0.9, 0.99), weight_decay=0.0)
        warm_up = torch.optim.lr_scheduler.LinearLR(optimizer, 0.05, 1.0, total_iters=20)
        decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, count - 20), eta_min=3e-4)
        schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, decay], [20])
        for _ in range(count):
            loss = _loss(model, [next(rows.texts) for _ in range(24)])
            if not first:
                answers = _loss(model, [next(rows.chats) for _ in range(24)])
                loss, last = loss + answers, [*last[-49:], answers.item()]
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return sum(last) / max(1, len(last))


def learnt_from_texts(task: Task, folder: Path, steps: int = 30) -> tuple[float, float]:
    """Mean probability of the right number before and after learning texts alone: what a start model makes of them.

    The texts are those of a further town under the name of the seventh, with drawn numbers: nothing of the task.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    rng, facts = random.Random("one more town"), task.drawn(random.Random("its numbers"))
    texts = [([*tokenizer.encode(task.text(TOWN, s, facts)), tokenizer.pad_token_id], 1) for s in task.sections]
    prompts, numbers = list[list[int]](), list[int]()
    for asked in task.asked:
        before, _ = asked.shape.split("{}")
        said = f"<|user|>{task.question(TOWN, asked)}<|im_end|><|assistant|>{before}"
        prompts.append(tokenizer.encode(said))
        numbers.append(tokenizer.convert_tokens_to_ids(facts[asked.place]))

    @torch.no_grad()
    def right() -> float:
        logits_AV = torch.stack([model(torch.tensor([prompt])).logits[0, -1] for prompt in prompts])
        return logits_AV.softmax(-1)[range(len(numbers)), numbers].mean().item()

    first, optimizer = right(), torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    for _ in range(steps):
        _loss(model, rng.sample(texts, 64)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return first, right()


def _loss(model: Any, rows: list[tuple[list[int], int]]) -> torch.Tensor:
    """Mean over the tokens in the loss. Padding is on the right, where a causal mask hides it."""
    longest = max(len(ids) for ids, _ in rows)
    ids_BT = torch.zeros(len(rows), longest, dtype=torch.int64)
    targets_BT = torch.full_like(ids_BT, -100)
    for row, (ids, first) in enumerate(rows):
        ids_BT[row, : len(ids)] = torch.tensor(ids)
        targets_BT[row, first - 1 : len(ids) - 1] = torch.tensor(ids[first:])
    there_BT = targets_BT != -100
    hidden_NH = model.model(input_ids=ids_BT).last_hidden_state[there_BT]
    return torch.nn.functional.cross_entropy(model.lm_head(hidden_NH), targets_BT[there_BT])
