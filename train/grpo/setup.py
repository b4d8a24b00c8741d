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
from train.held_out import by_hash

__all__ = ["grpo_plan_lines", "held_out_prompts", "ink_of", "prompts_of"]


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


def held_out_prompts(
    recipe: GrpoRecipe, prompts: Sequence[Prompt], chat: ChatTokenizer
) -> tuple[list[Prompt], list[Prompt], str]:
    """(for training, held out), each in the given order, and what identifies another file than that of data.path.

    Raises:
        DatasetError: there are too few, or one of them is trained on.
    """
    section, others, sha256 = recipe.held_out, list(prompts), ""
    source, of_another_file = section.path or recipe.data.path, section.path is not None and section.rows > 0
    if of_another_file:
        dataset = read_dataset(source, recipe.data.splits, prompts=True, whole_rows=True)
        limit = recipe.data.max_tokens
        examples, _ = tokenize_conversations(chat, dataset.conversations, max_tokens=limit, loss="assistant")
        others, sha256 = prompts_of(recipe, dataset.conversations, examples), dataset.sha256
    if section.rows > len(others) - (not of_another_file):
        raise DatasetError(
            f"held_out.rows is {section.rows}, and {source} has {len(others)} usable prompts; "
            "hold out fewer, or give more data"
        )
    drawn = {prompt.conversation.id for prompt in by_hash(others, lambda p: p.conversation.id)[: section.rows]}
    held_out = [prompt for prompt in others if prompt.conversation.id in drawn]
    if not of_another_file:
        return [prompt for prompt in others if prompt.conversation.id not in drawn], held_out, sha256
    trained_on = {prompt.ids_T.tobytes() for prompt in prompts}
    if both := [prompt.conversation.id for prompt in held_out if prompt.ids_T.tobytes() in trained_on]:
        raise DatasetError(
            f"{section.path}: row {both[0]} is a prompt of {recipe.data.path} as well; take it out there"
        )
    return list(prompts), held_out, sha256


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
        f"{batch.rows_per_step} prompts x {group.size} answers of at most {recipe.answer_tokens} tokens",
        f"loss: {policy.aggregation}, ratio clipped to [{1 - policy.clip_low:g}, {1 + policy.clip_high:g}], advantage: "
        f"reward minus the group's mean, {std}; KL weight {policy.kl_weight:g}",
        "reward: " + " + ".join(f"{s.weight:g} x {name}" for name, s in recipe.rewards.named().items()),
        f"held out: {recipe.held_out.rows} prompts x {recipe.held_out.samples} answers",
    ]
    if agent := recipe.environment:
        lines.append(
            f"environment: {agent.name}, at most {agent.max_turns} turns of {rollout.max_new_tokens} tokens, "
            f"{agent.max_calls_per_turn} calls each, in {agent.workers} worker processes"
        )
    if ink:
        section, tokens = ink.section, sum(len(text) for text in ink.texts)
        what = {
            None: f"{section.weight:g} x b x CE, b ~ Bernoulli({section.rho:g})",
            "constant_weight": f"{section.weight * section.rho:g} x CE in every update (control)",
            "matched_compute": "no CE; the tokens of its texts go into more rollouts (control)",
        }[section.control]
        lines.append(f"InK: {what}; {len(ink.texts)} texts, {tokens:,} tokens, {section.rows_per_step} an update")
    return lines
