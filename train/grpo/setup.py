"""Before the loop: prompts that the rewards apply to, texts for InK, and a plan in words."""

from __future__ import annotations

from collections.abc import Sequence

from datagen.errors import DatasetError
from models.chat_dataset import read_dataset
from models.chat_tokens import ChatTokenizer, Example, tokenize_conversations
from models.conversation import Conversation
from models.text_corpus import read_texts, text_windows
from recipes.training import GrpoRecipe, InkSection
from rollouts.trajectory import Prompt
from train.grpo.ink import Ink
from train.grpo.loop import update_count

__all__ = ["grpo_plan_lines", "ink_of", "prompts_of"]


def prompts_of(recipe: GrpoRecipe, conversations: Sequence[Conversation], examples: Sequence[Example]) -> list[Prompt]:
    """The usable rows, each of which at least one reward applies to.

    Raises:
        DatasetError: naming the row that is answered already, has another's id, or that no reward applies to.
    """
    by_id = {conversation.id: conversation for conversation in conversations}
    if len(by_id) < len(conversations):
        raise DatasetError(f"{recipe.data.path}: two rows have one id; give every row its own")
    rewards = recipe.rewards.build()
    for example in examples:
        if not example.unanswered:
            raise DatasetError(f"row {example.id} is answered already; grpo wants rows with `prompt`: data.splits=[rl]")
        rewards.check(by_id[example.id].row, f"row {example.id}")
    return [Prompt(example.ids_T, by_id[example.id]) for example in examples]


def ink_of(section: InkSection, chat: ChatTokenizer, seed: int) -> tuple[Ink, str]:
    """The texts in order, and what identifies them."""
    if section.form == "text":
        corpus = read_texts(section.corpus)
        return Ink(section, text_windows(chat, corpus, section.max_tokens), seed), corpus.sha256
    dataset = read_dataset(section.corpus)
    examples, _ = tokenize_conversations(chat, dataset.conversations, max_tokens=section.max_tokens, loss="assistant")
    if not examples:
        raise DatasetError(f"no chat of {section.corpus} fits into ink.max_tokens ({section.max_tokens}); raise it")
    return Ink(section, examples, seed), dataset.sha256


def grpo_plan_lines(recipe: GrpoRecipe, prompts: int, ink: Ink | None) -> list[str]:
    """The objective and its samples in words."""
    policy, group, rollout, batch = recipe.policy, recipe.group, recipe.rollout, recipe.batch
    std = {"none": "not divided", "group": "over the group's std", "batch": "over the batch's std"}[group.std]
    lines = [
        f"plan: {update_count(recipe, prompts)} updates, {policy.mini_batches * policy.passes} on each batch of "
        f"{batch.rows_per_step} prompts x {group.size} answers of at most {rollout.max_new_tokens} tokens",
        f"loss: {policy.aggregation}, ratio clipped to [{1 - policy.clip_low:g}, {1 + policy.clip_high:g}], advantage: "
        f"reward minus the group's mean, {std}; KL weight {policy.kl_weight:g}",
        "reward: " + " + ".join(f"{s.weight:g} x {name}" for name, s in recipe.rewards.named().items()),
    ]
    if ink:
        section, tokens = ink.section, sum(len(text) for text in ink.texts)
        what = {
            None: f"{section.weight:g} x b x CE, b ~ Bernoulli({section.rho:g})",
            "constant_weight": f"{section.weight * section.rho:g} x CE in every update (control)",
            "matched_compute": "no CE; the tokens of its texts go into more rollouts (control)",
        }[section.control]
        lines.append(f"InK: {what}; {len(ink.texts)} texts, {tokens:,} tokens, {section.rows_per_step} an update")
    return lines
