"""Memory and work of a stage from its models' configs alone: pure functions, no torch; bytes and FLOPs on one device.

State is 16 bytes a parameter (Rajbhandari et al. 2020, ZeRO, section 3.1), here 4 + 4 + 8: parameters are the fp32
master weights; with adapters 16 for each of theirs, beside the base. Activations are what autograd keeps in
transformers' Llama and Qwen under SDPA, counted tensor by tensor as in Korthikanti et al. 2022 (arXiv 2205.05198,
section 4); beside a frozen base they are some 10 % fewer. A matrix product is 2 FLOPs a parameter and token forward and
4 backward (Kaplan et al. 2020, section 2.1). Not covered: workspaces of kernels, fragmentation, torch itself.
"""

from __future__ import annotations

from typing import Any

from recipes.training import GrpoRecipe, LoraSection, OpdRecipe, StageRecipe

__all__ = ["FAMILIES", "activation_bytes", "adapter_parameters", "memory", "parameters", "work"]

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "qwen3_moe")
# Tiles of logits alive at once, fp64 copies among them, as benchmarks/opd_memory.py measures.
_TILES = {"forward": 6, "reverse": 6, "jsd": 14, "top_k": 14, "sampled": 6}


def parameters(model: Any, *, active: bool = False) -> int:
    """All of them; `active`: those in a token's matrix products, without embedding and head."""
    h, q, kv, i, head, qk_norm = _widths(model)
    experts = getattr(model, "num_experts", 0)
    mlp = i if active or not experts else experts * model.moe_intermediate_size
    products = model.num_hidden_layers * h * (2 * q + 2 * kv + 3 * mlp + experts)
    vectors = model.num_hidden_layers * (2 * h + (model.model_type == "qwen2") * (q + 2 * kv) + qk_norm * 2 * head)
    return products if active else products + vectors + h + (2 - model.tie_word_embeddings) * h * model.vocab_size


def adapter_parameters(model: Any, lora: LoraSection | None) -> int:
    """Those of A and B, r * (inputs + outputs) for each matrix that has them."""
    h, q, kv, i, _, _ = _widths(model)
    sides = {"q_proj": h + q, "k_proj": h + kv, "v_proj": h + kv, "o_proj": q + h} | dict.fromkeys(
        ("gate_proj", "up_proj", "down_proj"), h + i
    )
    return model.num_hidden_layers * lora.r * sum(sides.get(name, 0) for name in lora.target_modules) if lora else 0


def activation_bytes(
    model: Any, tokens: int, width: int, *, bf16: bool, checkpointing: bool, casts: bool = True
) -> tuple[int, int]:
    """What a forward pass over `tokens` in rows of `width` leaves for its backward, and what is made again in that.

    fp32, a layer and token: 6 vectors of the residual's width (inputs and results of two norms, what those feed), 4 of
    the attention's (query, key, value, each for every head; result), 4 of the MLP's, 4 bytes of mask a position. In
    bf16 a product keeps a copy of its input, autocast one of each matrix (`casts`: it is fp32). `checkpointing`: inputs
    stay, a layer again.
    """
    h, q, kv, i, head, qk_norm = _widths(model)
    layer = 26 * h + 8 * q + 8 * i + 2 * width if bf16 else 24 * h + 16 * q + 16 * i + 4 * width
    layer += 4 * (2 + q // head) + qk_norm * ((6 if bf16 else 8) + 4 / head) * (q + kv)
    ends = 16 * h + 8 * head + width  # the last norm and what the loss takes, rotary tables, the mask as given
    layers, copies = model.num_hidden_layers, bf16 * casts * 2 * parameters(model, active=True)
    if checkpointing:
        return tokens * (layers * 4 * h + ends), max(copies, int(tokens * layer) + copies // layers)
    return int(tokens * (layers * layer + ends)) + copies, 0


def memory(recipe: StageRecipe, model: Any, teacher: Any, step_tokens: float, *, processes: int = 1) -> dict[str, int]:
    """Bytes of whatever is there at some time, and `peak: ...`, what meets on the student's device in each phase."""
    count, bf16, row = parameters(model), recipe.compute.dtype == "bfloat16", recipe.data.max_tokens
    ranks, adapters = processes if recipe.compute.shard == "full" else 1, adapter_parameters(model, recipe.lora)
    trained, frozen = (adapters or count) / ranks, (2 if bf16 else 4) * count * bool(adapters) / ranks
    tokens = int(min(recipe.batch.tokens_per_micro_batch, step_tokens))
    width, checkpointing = tokens if recipe.batch.packing else row, recipe.compute.activation_checkpointing
    kept, again = activation_bytes(model, tokens, width, bf16=bf16, checkpointing=checkpointing, casts=not adapters)
    parts = {
        "parameters, the fp32 master weights": int(4 * trained),
        "gradients": int(4 * trained),
        "AdamW's moments": int(8 * trained),
        "activations": kept,
        "activations: made again": again,
        "loss: gradient of the head": 0 if adapters else 4 * model.vocab_size * model.hidden_size,
        "loss: logits": 2 * 4 * min(256, tokens) * model.vocab_size,
    }
    if adapters:
        parts["frozen parameters"] = int(frozen)
    if ranks > 1:
        # With the gradient of a layer, and of the one of embedding and head that is not the head.
        embedding = 0 if model.tie_word_embeddings else model.vocab_size * model.hidden_size
        parts["gathered"] = 4 * (sum(_gathered(model)) + embedding + _gathered(model)[1] // 2)
    state, phases = int(12 * trained + frozen) + parts.get("gathered", 0), {}
    waiting = int(4 * trained) * (step_tokens > tokens)  # gradients of the micro-batches before this one
    if isinstance(recipe, OpdRecipe):
        parts |= _teacher_parts(recipe, teacher, tokens, ranks)
        parts["loss: logits"] = _TILES[recipe.divergence.kl] * 4 * min(1024, tokens) * min(2048, model.vocab_size)
        rows = min(recipe.rollout.rows_per_call, -int(-recipe.rollout.share * recipe.batch.rows_per_step // 1))
        parts |= _rollout_parts(
            recipe, model, rows, recipe.rollout.max_new_tokens, (2 if bf16 else 4 * (ranks > 1)) * bool(rows)
        )
        weights, swapped = parts["teacher"], recipe.teacher.placement == "swapped"
        beside = parts["teacher: head beside it"] + (0 if swapped or recipe.teacher.device else weights)
        phases["rollout"] = state + beside + sum(bytes_ for name, bytes_ in parts.items() if "rollout" in name)
        # In this phase what is gathered of the student is not there.
        there = weights if swapped else state - parts.get("gathered", 0) + parts.get("teacher: gathered", 0) + waiting
        phases["teacher"] = beside + there + parts["teacher: activations"]
        state += beside + (2 if recipe.teacher.dtype == "bfloat16" else 4) * tokens * teacher.hidden_size
    if isinstance(recipe, GrpoRecipe):
        rows = min(recipe.rollout.rows_per_call, recipe.batch.rows_per_step * recipe.group.size)
        parts["loss: logits"] = _TILES["sampled"] * 4 * min(1024, tokens) * min(2048, model.vocab_size)
        parts["reference model"] = int(4 * count / ranks) * (recipe.policy.kl_weight > 0 and not adapters)
        parts["InK: a second gradient"] = int(4 * trained) * bool(recipe.ink and recipe.ink.angle_every_steps)
        parts |= _rollout_parts(recipe, model, rows, recipe.answer_tokens, 2 if bf16 else 4 * (ranks > 1))
        state += parts["reference model"] + parts["InK: a second gradient"]
        phases["rollout"] = state + sum(bytes_ for name, bytes_ in parts.items() if "rollout" in name)
    loss = parts["loss: gradient of the head"] + max(parts["loss: logits"], again)
    phases["training"] = state + max(waiting + kept + loss, int(4 * trained) + loss)
    phases["update"] = state + int(4 * trained)
    return parts | {f"peak: {phase}": bytes_ for phase, bytes_ in phases.items()}


def _teacher_parts(recipe: OpdRecipe, teacher: Any, tokens: int, ranks: int) -> dict[str, int]:
    """What there is of a teacher: in parts on all ranks if the student is and it stays beside it."""
    section, (h, q, _, i, _, _) = recipe.teacher, _widths(teacher)
    size, away = 2 if section.dtype == "bfloat16" else 4, section.placement != "resident" or section.device is not None
    in_parts = ranks > 1 and not away
    parts = {
        "teacher": size * parameters(teacher) * (section.placement != "spooled") // (ranks if in_parts else 1),
        "teacher: head beside it": size * teacher.vocab_size * h * (away or in_parts),
        "teacher: activations": size * tokens * 4 * (h + q + i),
    }
    return parts | ({"teacher: gathered": size * sum(_gathered(teacher))} if in_parts else {})


def _rollout_parts(recipe: StageRecipe, model: Any, rows: int, answer_tokens: int, copy_bytes: int) -> dict[str, int]:
    """What generating `rows` answers at once takes; `copy_bytes` a parameter of the student's copy."""
    cache = rows * (recipe.data.max_tokens + answer_tokens) * 2 * model.num_hidden_layers * _widths(model)[2]
    bf16 = recipe.compute.dtype == "bfloat16"
    return {
        "rollout: bf16 copy, KV cache": copy_bytes * parameters(model) + cache * (2 if bf16 else 4),
        "rollout: logits": rows * model.vocab_size * 32,  # scores, log-softmax, the sorting that top_p needs
    }


def work(
    recipe: StageRecipe, model: Any, teacher: Any, step_tokens: float, *, labelled_share: float = 1.0
) -> tuple[float, float]:
    """FLOPs of a step, the heads' on labelled tokens, and bytes moved where memory is the limit: AdamW and decoding.

    A token: body 6 P, with checkpointing 8 P, beside adapters 2 P less; attention over its whole row, masked or not;
    head 6 H V, frozen 4. Distilled: the student's head 8 H V (tiles are made again), the teacher 2 P_t + 4 H_t V.
    Decoding reads all weights for each token.
    """
    row = min(recipe.batch.tokens_per_micro_batch, step_tokens) if recipe.batch.packing else recipe.data.max_tokens
    body, teacher_body = (
        m and 2 * parameters(m, active=True) + 4 * m.num_hidden_layers * _widths(m)[1] * row for m in (model, teacher)
    )
    adapters, full = adapter_parameters(model, recipe.lora), not recipe.lora
    flops = body * (2 + full + recipe.compute.activation_checkpointing) + 6 * adapters
    heads = (4 + 2 * full) * model.hidden_size * model.vocab_size
    traffic = 28.0 * (adapters or parameters(model))
    if isinstance(recipe, OpdRecipe):
        passes, rollout = 3 if recipe.divergence.kl == "jsd" else 2, recipe.rollout
        flops += teacher_body
        heads += 2 * (passes - 1) * model.hidden_size * model.vocab_size
        heads += 2 * passes * teacher.hidden_size * teacher.vocab_size
        calls = -(-rollout.share * recipe.batch.rows_per_step // rollout.rows_per_call)
        traffic += calls * rollout.max_new_tokens * parameters(model) * (2 if recipe.compute.dtype == "bfloat16" else 4)
    if isinstance(recipe, GrpoRecipe):
        rollout, per_batch = recipe.rollout, recipe.policy.mini_batches * recipe.policy.passes
        forward = body + 2 * model.hidden_size * model.vocab_size
        answers = recipe.batch.rows_per_step * recipe.group.size
        heads += 2 * model.hidden_size * model.vocab_size  # tiles are made again
        flops += forward * (1 + (per_batch > 1)) / recipe.policy.passes + forward * (recipe.policy.kl_weight > 0)
        calls = -(-answers // rollout.rows_per_call)
        weights = parameters(model) * (2 if recipe.compute.dtype == "bfloat16" else 4)
        traffic += calls * recipe.answer_tokens * weights / per_batch
    return (flops + heads * labelled_share) * step_tokens, traffic


def _gathered(model: Any) -> tuple[int, int]:
    """Parameters of a model in parts that are whole at one time: embedding and head; two layers with all experts."""
    ends = (2 - model.tie_word_embeddings) * model.vocab_size * model.hidden_size
    return ends, 2 * (parameters(model) - ends - model.hidden_size) // model.num_hidden_layers


def _widths(model: Any) -> tuple[int, int, int, int, int, bool]:
    """Residual, queries, keys, MLP (all experts that a token meets), one head; are queries and keys normed."""
    head = getattr(model, "head_dim", None) or model.hidden_size // model.num_attention_heads
    expert = getattr(model, "moe_intermediate_size", 0) * getattr(model, "num_experts_per_tok", 0)
    q, kv = model.num_attention_heads * head, model.num_key_value_heads * head
    return model.hidden_size, q, kv, expert or model.intermediate_size, head, "qwen3" in model.model_type
