"""`seed`: prompts to candidate records, without end.

Round after round over all prompts, each round in its own seeded order with lower levels first: a small build
takes prompts that hold all their answer needs, a large one takes all. Every round draws its constraints anew,
and each draw (a group) gets `candidates` records. Ids say it all: `th-daily-007/r0/c1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from datagen.prompts import Prompt
from datagen.record import Message, Provenance, Record, Source, code_version
from datagen.rng import rng_for

__all__ = ["seed_records"]


def seed_records(prompts: list[Prompt], lang: str, candidates: int, seed: int) -> Iterator[Record]:
    """Records with only the user's prompt in them."""
    for round_number in count():
        order = sorted(prompts, key=lambda prompt: prompt.id)
        rng_for(seed, "seed", f"round-{round_number}").shuffle(order)
        order.sort(key=lambda prompt: prompt.level)  # stable: shuffled within a level
        for prompt in order:
            group = f"{prompt.id}/r{round_number}"
            for index in range(candidates):
                yield Record(
                    id=f"{group}/c{index}",
                    group=group,
                    sample_index=index,
                    lang=lang,
                    source=Source(prompt.source, prompt.id, prompt.license),
                    messages=(Message("user", prompt.text),),
                    prompt=prompt.text,
                    keywords=prompt.keywords,
                    avoid=prompt.avoid,
                    provenance=Provenance(code_version=code_version()),
                )
