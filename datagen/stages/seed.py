"""`seed`: prompts to candidate records, without end.

Round after round over all prompts, each round in its own seeded order with lower levels first: a small build
takes prompts that hold all their answer needs, a large one takes all. Every round draws its constraints anew,
and each draw (a group) gets `candidates` records. Ids say it all: `th-daily-007/r0/c1`.

More prompts than one block (10,000) are taken block by block in the order of their files, shuffled within a block:
memory holds one block, and 20 rows out of a million cost the reading of 10,000. Rows and prompts that were refused
come first in their block, one record each, in the first round only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice

from datagen.prompts import BLOCK, BadRow, Census, Prompt
from datagen.record import Message, Provenance, Record, Source, code_version
from datagen.rng import rng_for
from datagen.splits import ANSWERED, SplitPlan, shares_of
from datagen.stages.prompt_screen import PromptRules, RefusedRecord, refused_prompt, refused_row

__all__ = ["seed_records"]


def seed_records(
    prompts: Iterable[Prompt | BadRow],
    lang: str,
    candidates: int,
    seed: int,
    *,
    rules: PromptRules | None = None,
    attempts: int | None = None,
    census: Census | None = None,
    block: int = BLOCK,
    plan: SplitPlan | None = None,
    closed: Callable[[str, int], bool] = lambda split, number: False,
) -> Iterator[Record]:
    """Records with only the user's prompt (and what was said before it) in them.

    `prompts` is iterated once a round. `plan` says which split a prompt goes to; a prompt that gets no answer needs one
    candidate, and one whose split is `closed` at the next record's number needs none. Ends after `attempts` candidates
    (refused ones cost none), or where a whole round has no prompt left.
    """
    plan = plan or SplitPlan(shares_of({}), (), seed)
    made = yielded = 0
    whole: list[Prompt] | None = None  # the prompts to use where one block holds all: judged once, not every round
    for round_number in count():
        before, reading = made, iter(prompts) if whole is None else iter(())
        for block_number in count():
            items = list(islice(reading, block))
            if whole is not None and block_number == 0:
                kept, refused = whole, []
            elif items:
                kept, refused = _judged(items, rules, lang)
            else:
                break
            if round_number == 0:
                if census:
                    census.block(yielded, items)
                yield from refused
                yielded += len(refused)
                whole = kept if block_number == 0 and len(items) < block else None
            plan.settle(kept)
            del items, refused
            for prompt in _ordered(kept, seed, round_number, block_number):
                if closed(plan.split_of(prompt), yielded):
                    continue
                for record in _candidates(prompt, lang, candidates, round_number, plan, yielded):
                    yield record
                    made, yielded = made + 1, yielded + 1
                    if made == attempts:
                        return
        if made == before:
            return


def _judged(
    items: list[Prompt | BadRow], rules: PromptRules | None, lang: str
) -> tuple[list[Prompt], list[RefusedRecord]]:
    """The prompts to use and a record for everything else, both in the order of the files."""
    kept, refused = [], []
    for item in items:
        if isinstance(item, BadRow):
            refused.append(refused_row(item, lang))
        elif fault := rules and rules.fault(item):
            refused.append(refused_prompt(item, fault, lang))
        else:
            kept.append(item)
    return kept, refused


def _ordered(prompts: list[Prompt], seed: int, round_number: int, block_number: int) -> list[Prompt]:
    order = sorted(prompts, key=lambda prompt: prompt.id)
    key = f"round-{round_number}" + (f"/block-{block_number}" if block_number else "")
    rng_for(seed, "seed", key).shuffle(order)
    order.sort(key=lambda prompt: prompt.level)  # stable: shuffled within a level
    return order


def _candidates(
    prompt: Prompt, lang: str, candidates: int, round_number: int, plan: SplitPlan, first: int
) -> Iterator[Record]:
    """`first`: the number of the first of them among all records."""
    group, split = f"{prompt.id}/r{round_number}", plan.split_of(prompt)
    for index in range(candidates if split == ANSWERED else 1):
        yield Record(
            id=f"{group}/c{index}",
            group=group,
            sample_index=index,
            lang=lang,
            source=Source(prompt.source, prompt.id, prompt.license),
            messages=(*prompt.history, Message("user", prompt.text)),
            prompt=prompt.text,
            keywords=prompt.keywords,
            avoid=plan.avoid(prompt, split),
            given=prompt.constraints,
            provenance=Provenance(code_version=code_version()),
            split=split,
            number=first + index,
        )
