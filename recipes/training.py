"""The recipe of a training run, without torch: what each key means, its unit and its default.

Unknown keys are refused (`datagen.recipe` names the nearest known one), and so is a combination in
which a key would have no effect. Every run stores its resolved recipe next to its checkpoint.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from losses.config import DivergenceSection
from models.source import ModelSection, Section
from rewards.config import RewardsSection
from rollouts.config import RolloutSection, SamplingSection
from rollouts.environment_config import EnvironmentSection

__all__ = [
    "BatchSection",
    "CheckpointSection",
    "ComputeSection",
    "DataSection",
    "EvaluateSection",
    "GroupSection",
    "GrpoRecipe",
    "HeldOutPromptsSection",
    "HeldOutSection",
    "InkSection",
    "LoraSection",
    "OpdRecipe",
    "OptimSection",
    "PolicySection",
    "SamplePrompt",
    "SampleSection",
    "SftRecipe",
    "StageRecipe",
    "TeacherSection",
]


class DataSection(Section):
    """`path`: a folder made by `typhoon-data build`, a .parquet file or a .jsonl file with `messages`."""

    path: str
    splits: tuple[Literal["sft", "tool", "opd", "rl"], ...] = Field(
        default=(), description="of a folder; none named: those of sft and tool that are there"
    )
    max_tokens: int = Field(default=2048, ge=2, description="longer conversations are left out and counted")
    loss: Literal["assistant", "full"] = "assistant"
    expected_rows: int | None = Field(default=None, ge=1, description="for `plan`, where `path` is not there yet")
    expected_tokens_per_row: int | None = Field(default=None, ge=2, description="none: max_tokens")


class BatchSection(Section):
    """What one optimiser step sees. The micro-batch budget changes speed and memory, never the gradient."""

    rows_per_step: int = Field(default=32, ge=1)
    tokens_per_micro_batch: int = Field(default=4096, ge=2)
    packing: bool = True


class OptimSection(Section):
    """AdamW, its learning-rate curve and the length of the run."""

    lr: float = Field(default=2e-5, gt=0)
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1)
    min_lr_ratio: float = Field(default=0.0, ge=0, le=1)
    weight_decay: float = Field(default=0.0, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.999, ge=0, lt=1)
    eps: float = Field(default=1e-8, gt=0)
    clip_norm: float | None = Field(default=1.0, gt=0)
    epochs: int = Field(default=2, ge=1)
    max_steps: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        if self.schedule == "constant" and self.min_lr_ratio:
            raise ValueError("min_lr_ratio has no effect with schedule: constant")
        return self


class TeacherSection(ModelSection):
    """The teacher: from the same sources as the student, frozen, in `dtype`.

    resident: on `device` (the student's, or say cuda:1) the whole time; swapped: on the student's device only while
    it scores a step, the student and its optimiser off it meanwhile; spooled: hidden states are read from the folder
    `spool`, and those that are not there yet are computed before the student is loaded.
    """

    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    placement: Literal["resident", "swapped", "spooled"] = "resident"
    device: str | None = None
    spool: str | None = None

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        if self.device is not None and self.placement != "resident":
            raise ValueError(f"device has no effect with placement: {self.placement}; it belongs to resident")
        if (self.spool is not None) != (self.placement == "spooled"):
            raise ValueError("placement: spooled and spool (a folder) belong together; give both or neither")
        return self


class GroupSection(Section):
    """What a batch of rollouts is made of, and what its rewards say. Each of `batch.rows_per_step` prompts is answered
    `size` times; the advantage is the reward minus the group's mean, over the std of the group, of the batch, or none.

    With `refills` > 0 groups whose rewards are all equal are left out, and other prompts answered in their place, at
    most so many times. Truncated answers count, are masked out of the loss, or pay `overlong_weight` times a penalty
    that grows over the last `overlong_buffer` tokens.
    """

    size: int = Field(default=8, ge=2)
    std: Literal["none", "group", "batch"] = "group"
    ddof: Literal[0, 1] = 1
    eps: float = Field(default=1e-6, ge=0)
    refills: int = Field(default=0, ge=0)
    mask_truncated: bool = False
    overlong_buffer: int | None = Field(default=None, ge=1)
    overlong_weight: float = Field(default=1.0, gt=0)


class PolicySection(Section):
    """The clipped objective. A ratio is p now / p before the first update of the batch, kept within
    [1 - clip_low, 1 + clip_high]; what the rollout engine's p differs by is corrected by a weight of at most
    `importance_cap` (none: not at all). `aggregation`: dapo is the mean over all tokens of the step, grpo the mean over
    answers of the mean over their tokens, dr_grpo the sum over tokens / (answers x the most tokens of one).

    A batch of rollouts is cut into `mini_batches` updates, and gone through `passes` times.
    """

    aggregation: Literal["dapo", "dr_grpo", "grpo"] = "dapo"
    clip_low: float = Field(default=0.2, gt=0, lt=1)
    clip_high: float = Field(default=0.2, gt=0)
    importance_cap: float | None = Field(default=2.0, gt=0)
    kl_weight: float = Field(default=0.0, ge=0, description="of k2 to the model as it was at the beginning")
    mini_batches: int = Field(default=1, ge=1)
    passes: int = Field(default=1, ge=1)


class InkSection(Section):
    """L = L_GRPO + weight * b * L_CE: next-token loss on in-domain text, with b ~ Bernoulli(rho) once an update.

    `corpus`: text (.jsonl or .parquet with a column `text`, or a folder of .txt and .md files) or, with form: chat,
    what `data.path` takes. `constant_weight` adds weight * rho every time; `matched_compute` adds nothing and spends
    the tokens of the text on more rollouts. Measuring the angle keeps a second gradient.
    """

    corpus: str
    form: Literal["text", "chat"] = "text"
    weight: float = Field(default=0.1, gt=0)
    rho: float = Field(default=0.6, gt=0, le=1)
    rows_per_step: int = Field(default=64, ge=1)
    max_tokens: int = Field(default=1024, ge=2, description="longer texts are cut into pieces, longer chats left out")
    control: Literal["constant_weight", "matched_compute"] | None = None
    angle_every_steps: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        if self.control == "matched_compute" and self.angle_every_steps:
            raise ValueError("angle_every_steps has no effect with control: matched_compute: there is one gradient")
        return self


class HeldOutSection(Section):
    """Rows that are never trained on, and how often they are measured (opd: mean forward KL); none: not at all."""

    rows: int = Field(default=0, ge=0)
    every_steps: int = Field(default=10, ge=1)


class HeldOutPromptsSection(HeldOutSection):
    """Prompts of `path`, or of data.path and then kept out of training, answered `samples` times each and rewarded."""

    path: str | None = None
    samples: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        if not self.rows and (self.path is not None or self.samples != 1):
            raise ValueError("path and samples have no effect without rows")
        return self


class LoraSection(Section):
    """Adapters of rank `r` beside the frozen matrices named: W + alpha/r B A. fp32, and W in `compute.dtype`."""

    r: int = Field(default=16, ge=1)
    alpha: float = Field(default=32.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: tuple[str, ...] = Field(
        default=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"), min_length=1
    )


class ComputeSection(Section):
    """`dtype` is the dtype of the matrix products; parameters, optimiser state and softmax stay in fp32.

    shard: full, FSDP2 over the processes of torchrun: each holds its part of parameters, gradients and optimiser.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["float32", "bfloat16"] = "float32"
    threads: int | None = Field(default=None, ge=1, description="CPU threads; none: torch's own choice")
    peak_tflops: float | None = Field(default=None, gt=0, description="for MFU; none: what is known of the GPU")
    activation_checkpointing: bool = False
    shard: Literal["none", "full"] = "none"
    attention: Literal["auto", "sdpa", "flex_attention", "flash_attention_2", "flash_attention_3"] = Field(
        default="auto", description="auto: flex_attention for packed rows on CUDA, else sdpa"
    )


class CheckpointSection(Section):
    """How often a run can be continued from, and how many of these points are kept (12 bytes a parameter)."""

    every_steps: int = Field(default=50, ge=1)
    keep: int = Field(default=2, ge=1)


class SamplePrompt(Section):
    """One user turn, and the constraints (`id` and `params`) that its answer is to keep."""

    prompt: str
    constraints: tuple[dict[str, Any], ...] = ()


class SampleSection(Section):
    """Prompts that the model answers at the end and every `every_steps`: what it says, keeps and leaks.

    `rows` more of them come from `path` (none: data.path), from its split heldout or else rl. Nothing of this changes
    the training.
    """

    prompts: tuple[str | SamplePrompt, ...] = ()
    rows: int = Field(default=0, ge=0)
    path: str | None = None
    every_steps: int | None = Field(default=None, ge=1)
    max_new_tokens: int = Field(default=48, ge=1)
    temperature: float = Field(default=0.0, ge=0, description="0: greedy")

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        if self.path is not None and not self.rows:
            raise ValueError("path has no effect without rows")
        return self


class EvaluateSection(Section):
    """Shipped tasks of `typhoon-eval` that the model answers, greedily, at the end and every `every_steps`.

    Of each task `limit` items, the same every time. Nothing of this changes the training.
    """

    tasks: tuple[str, ...] = Field(default=(), description="by name, or `offline` for all that are shipped")
    every_steps: int | None = Field(default=None, ge=1)
    limit: int = Field(default=32, ge=1)
    max_tokens: int | None = Field(default=None, ge=1, description="of one answer; none: each task's own")
    batch_size: int = Field(default=8, ge=1)

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        fields = type(self).model_fields
        idle = [name for name in fields if name != "tasks" and getattr(self, name) != fields[name].default]
        if idle and not self.tasks:
            raise ValueError(f"{', '.join(idle)} has no effect without tasks")
        return self


class StageRecipe(Section):
    """What every stage needs. `deviations` says what is not as in the paper, and is printed before a run."""

    stage: str
    seed: int = 0
    out: str
    model: ModelSection
    data: DataSection
    batch: BatchSection = BatchSection()
    optim: OptimSection = OptimSection()
    compute: ComputeSection = ComputeSection()
    lora: LoraSection | None = None
    checkpoint: CheckpointSection = CheckpointSection()
    sample: SampleSection = SampleSection()
    evaluate: EvaluateSection = EvaluateSection()
    tracker: Literal["none", "trackio", "wandb"] = "none"
    deviations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if self.data.max_tokens > self.batch.tokens_per_micro_batch:
            raise ValueError(
                f"batch.tokens_per_micro_batch ({self.batch.tokens_per_micro_batch}) must hold the longest "
                f"row, data.max_tokens ({self.data.max_tokens})"
            )
        return self


class SftRecipe(StageRecipe):
    """Supervised fine-tuning on chats."""

    stage: Literal["sft"] = "sft"  # pyright: ignore[reportIncompatibleVariableOverride] (a frozen model)


class OpdRecipe(StageRecipe):
    """On-policy distillation: a share of the rows is answered by the student, and a teacher scores every token."""

    stage: Literal["opd"] = "opd"  # pyright: ignore[reportIncompatibleVariableOverride] (a frozen model)
    teacher: TeacherSection
    divergence: DivergenceSection = DivergenceSection()
    rollout: RolloutSection = RolloutSection()
    held_out: HeldOutSection = HeldOutSection()

    @model_validator(mode="after")
    def _samples_make_sense(self) -> Self:
        rollout = self.rollout
        longest = self.data.max_tokens + rollout.max_new_tokens
        if rollout.share and longest > self.batch.tokens_per_micro_batch:
            raise ValueError(
                f"batch.tokens_per_micro_batch ({self.batch.tokens_per_micro_batch}) must hold the longest prompt and "
                f"its answer, data.max_tokens + rollout.max_new_tokens ({longest})"
            )
        if "opd" in self.data.splits and not rollout.share:
            raise ValueError("data.splits has opd, prompts without an answer: they need rollout.share > 0")
        if self.compute.shard == "full" and self.teacher.placement == "swapped":
            raise ValueError("teacher.placement: swapped moves a whole student; with compute.shard: full use another")
        if rollout.share and self.data.loss != "assistant":
            raise ValueError("data.loss must be assistant where rollout.share > 0: a sampled answer is all there is")
        if rollout.share and self.teacher.placement == "spooled":
            raise ValueError("teacher.placement: spooled needs rollout.share: 0; samples cannot be scored beforehand")
        if self.divergence.kl == "sampled" and (rollout.share, rollout.temperature, rollout.top_p) != (1, 1, 1):
            raise ValueError(
                "divergence.kl: sampled is a policy gradient, right only for tokens drawn from the student itself; "
                "it needs rollout.share, rollout.temperature and rollout.top_p of 1"
            )
        return self


class GrpoRecipe(StageRecipe):
    """GRPO on rewards of own answers; with `ink`, InK-GRPO; with `environment`, answers of several turns with tools."""

    stage: Literal["grpo"] = "grpo"  # pyright: ignore[reportIncompatibleVariableOverride] (a frozen model)
    rewards: RewardsSection
    rollout: SamplingSection = SamplingSection()
    group: GroupSection = GroupSection()
    policy: PolicySection = PolicySection()
    ink: InkSection | None = None
    held_out: HeldOutPromptsSection = HeldOutPromptsSection()
    environment: EnvironmentSection | None = None

    @property
    def answer_tokens(self) -> int:
        """The most tokens behind a prompt, observations included."""
        return self.environment.max_tokens if self.environment else self.rollout.max_new_tokens

    @model_validator(mode="after")
    def _samples_make_sense(self) -> Self:
        rollout, room = self.rollout, self.batch.tokens_per_micro_batch
        if self.lora and self.lora.dropout:
            raise ValueError("ratios of two passes with lora.dropout would be noise: stage grpo needs lora.dropout: 0")
        if (rollout.temperature, rollout.top_p) != (1, 1):
            raise ValueError("importance ratios are wrong unless rollout.temperature and rollout.top_p are 1")
        if (longest := self.data.max_tokens + self.answer_tokens) > room:
            limit = "environment.max_tokens" if self.environment else "rollout.max_new_tokens"
            raise ValueError(
                f"batch.tokens_per_micro_batch ({room}) must hold the longest prompt and its answer, "
                f"data.max_tokens + {limit} ({longest})"
            )
        if self.environment and rollout.max_new_tokens > self.environment.max_tokens:
            raise ValueError(
                f"rollout.max_new_tokens ({rollout.max_new_tokens}) is of one turn, environment.max_tokens "
                f"({self.environment.max_tokens}) of all turns and observations; it must not be smaller"
            )
        if self.environment and self.group.overlong_buffer:
            raise ValueError(
                "group.overlong_buffer is for answers of one turn; leave it out where there is an environment"
            )
        if self.environment and (self.data.splits or self.sample.rows or self.held_out.path):
            raise ValueError(
                "data.path holds questions where there is an environment; leave out data.splits, sample.rows and "
                "held_out.path (held_out.rows alone keeps questions of data.path out of training)"
            )
        if self.ink and self.ink.max_tokens > room:
            raise ValueError(f"batch.tokens_per_micro_batch ({room}) must hold ink.max_tokens ({self.ink.max_tokens})")
        if (self.group.overlong_buffer or 0) > rollout.max_new_tokens:
            raise ValueError("group.overlong_buffer must not be larger than rollout.max_new_tokens")
        if self.group.overlong_buffer is None and self.group.overlong_weight != 1:
            raise ValueError("group.overlong_weight has no effect without group.overlong_buffer")
        return self
