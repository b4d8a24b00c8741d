"""Rows of tool use in training: what the assistant says and calls is in the loss; tools, results and users are not."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datagen.errors import DatasetError
from datagen.shards import TOOL_SCHEMA
from models.chat_dataset import read_dataset
from models.chat_tokens import ChatTokenizer, tokenize_conversations
from models.conversation import Conversation
from models.errors import ModelError

SPEC = {
    "type": "function",
    "function": {
        "name": "get_air_quality",
        "description": "ค่าฝุ่นของจังหวัด",
        "parameters": {"type": "object", "properties": {"place": {"type": "string", "description": "จังหวัด"}}},
    },
}


def made(number: int, place: str) -> dict[str, Any]:
    arguments = json.dumps({"place": place}, ensure_ascii=False)
    return {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "get_air_quality", "arguments": arguments},
    }


MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "วันนี้วันที่ 14 มกราคม 2570"},
    {"role": "user", "content": "ฝุ่นที่ตากกับน่านเท่าไร"},
    {"role": "assistant", "content": "", "tool_calls": [made(1, "ตาก"), made(2, "น่าน")]},
    {"role": "tool", "content": '{"pm25":41}', "tool_call_id": "call_1"},
    {"role": "tool", "content": '{"pm25":12}', "tool_call_id": "call_2"},
    {"role": "assistant", "content": "ตาก 41 น่าน 12 ครับ"},
    {"role": "user", "content": "แล้วเลยล่ะ"},
    {"role": "assistant", "content": "รอสักครู่ครับ", "tool_calls": [made(3, "เลย")]},
    {"role": "tool", "content": '{"pm25":8}', "tool_call_id": "call_3"},
    {"role": "assistant", "content": "เลย 8 ครับ"},
]
ROW = {"id": "t", "messages": MESSAGES, "tools": json.dumps([SPEC], ensure_ascii=False), "lang": "th"}


def written(place: str) -> str:
    return f'<tool_call>\n{{"name": "get_air_quality", "arguments": {{"place": "{place}"}}}}\n</tool_call>'


TAK, NAN, LOEI = map(written, ("ตาก", "น่าน", "เลย"))
REPLIES = ("ตาก 41 น่าน 12 ครับ", "เลย 8 ครับ")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder as `typhoon-data build --kind tools` leaves it."""
    shards = tmp_path / "built" / "data" / "tool"
    shards.mkdir(parents=True)
    row = {name: ROW.get(name) for name in TOOL_SCHEMA}
    pl.DataFrame([row], schema=TOOL_SCHEMA).write_parquet(shards / "part-00000.parquet")
    return tmp_path / "built"


def turns_in_the_loss(chat: ChatTokenizer, conversation: Conversation) -> list[str]:
    """The text of every unbroken run of tokens in the loss."""
    [example], left_out = tokenize_conversations(chat, [conversation], max_tokens=4096, loss="assistant")
    assert not left_out
    runs: list[list[int]] = []
    for token, labelled, before in zip(
        example.ids_T, example.labelled_T, [False, *example.labelled_T[:-1]], strict=True
    ):
        if labelled:
            runs = [*runs, []] if not before else runs
            runs[-1].append(int(token))
    return [chat.tokenizer.decode(run) for run in runs]


def with_template(chat: ChatTokenizer, name: str) -> ChatTokenizer:
    """The same tokens under a template of trl, which is not imported for it."""
    spec = importlib.util.find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the templates are those of trl (extra dev)")
    file = Path(spec.submodule_search_locations[0]) / "chat_templates" / f"{name}.jinja"
    return templated(chat, file.read_text(encoding="utf-8"))


class Templated:
    """A tokenizer with another chat template."""

    def __init__(self, inner: Any, template: str) -> None:
        self.inner, self.chat_template, self.added_tokens_decoder = inner, template, inner.added_tokens_decoder

    def apply_chat_template(self, messages: Any, **options: Any) -> Any:
        return self.inner.apply_chat_template(messages, chat_template=self.chat_template, **options)

    def decode(self, ids: Any) -> str:
        return self.inner.decode(ids)


def templated(chat: ChatTokenizer, template: str) -> ChatTokenizer:
    return ChatTokenizer(Templated(chat.tokenizer, template))


def test_a_folder_of_tool_rows_is_read_with_calls_results_and_tools(dataset: Path) -> None:
    [conversation] = read_dataset(dataset).conversations
    assert list(conversation.messages) == MESSAGES
    assert conversation.tools == (SPEC,)


def test_sft_and_tool_rows_of_one_folder_are_both_read(dataset: Path) -> None:
    (dataset / "data" / "sft").mkdir()
    plain = {"id": "s", "messages": [{"role": "user", "content": "ก"}, {"role": "assistant", "content": "ข"}]}
    pl.DataFrame([plain]).write_parquet(dataset / "data" / "sft" / "part-00000.parquet")
    assert [c.id for c in read_dataset(dataset).conversations] == ["s", "t"]


def test_loss_is_on_calls_and_replies_alone(real_chat: ChatTokenizer, dataset: Path) -> None:
    [conversation] = read_dataset(dataset).conversations
    assert turns_in_the_loss(real_chat, conversation) == [
        f"{TAK}\n{NAN}<|im_end|>",
        f"{REPLIES[0]}<|im_end|>",
        f"รอสักครู่ครับ\n{LOEI}<|im_end|>",
        f"{REPLIES[1]}<|im_end|>",
    ]


def test_model_sees_tools_and_results_though_they_are_not_in_the_loss(real_chat: ChatTokenizer, dataset: Path) -> None:
    [conversation] = read_dataset(dataset).conversations
    [example], _ = tokenize_conversations(real_chat, [conversation], max_tokens=4096, loss="assistant")
    unlabelled = real_chat.tokenizer.decode(example.ids_T[~example.labelled_T])
    assert json.dumps(SPEC, ensure_ascii=False) in unlabelled
    assert (
        '<tool_response>\n{"pm25":41}\n</tool_response>\n<tool_response>\n{"pm25":12}\n</tool_response>' in unlabelled
    )
    whole = real_chat.tokenizer.apply_chat_template(
        real_chat.given(conversation).messages, tools=[SPEC], return_dict=False
    )
    assert example.ids_T.tolist() == whole


def test_a_template_that_writes_its_last_turn_differently_is_told_apart(
    real_chat: ChatTokenizer, dataset: Path
) -> None:
    [conversation] = read_dataset(dataset).conversations
    assert turns_in_the_loss(with_template(real_chat, "qwen3"), conversation) == [
        f"{TAK}\n{NAN}<|im_end|>",
        f"{REPLIES[0]}<|im_end|>",
        f"รอสักครู่ครับ\n{LOEI}<|im_end|>",
        f"<think>\n\n</think>\n\n{REPLIES[1]}<|im_end|>",
    ]


def test_one_call_a_message_where_the_template_wants_it(real_chat: ChatTokenizer, dataset: Path) -> None:
    [conversation] = read_dataset(dataset).conversations
    refusing = (
        "{{ tools | tojson if tools else '' }}{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{% if 'tool_calls' in m %}{% if m.tool_calls | length > 1 %}{{ raise_exception('one call') }}{% endif %}"
        "{{ m.tool_calls[0].function | tojson }}{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    found = turns_in_the_loss(templated(real_chat, refusing), conversation)
    assert len(found) == 5
    assert [json.loads(turn.removesuffix("<|im_end|>"))["arguments"]["place"] for turn in found[:2]] == ["ตาก", "น่าน"]


CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_calls_are_text_where_the_template_knows_no_tools(real_chat: ChatTokenizer, dataset: Path) -> None:
    [conversation] = read_dataset(dataset).conversations
    found = turns_in_the_loss(templated(real_chat, CHATML), conversation)
    assert found[0] == f"{TAK}\n{NAN}<|im_end|>"
    assert [turn.removesuffix("<|im_end|>") for turn in (found[1], found[3])] == list(REPLIES)


def test_a_template_that_shows_no_tools_in_any_form_is_refused(real_chat: ChatTokenizer, dataset: Path) -> None:
    [conversation] = read_dataset(dataset).conversations
    deaf = CHATML.replace("{{ m.content }}", "{{ m.content if m.role == 'assistant' else '' }}")
    with pytest.raises(ModelError, match="takes no tools"):
        turns_in_the_loss(templated(real_chat, deaf), conversation)


@pytest.mark.parametrize("where", ["result", "arguments", "tools"])
def test_a_control_token_in_a_result_call_or_tool_is_refused(
    where: str, real_chat: ChatTokenizer, tmp_path: Path
) -> None:
    row = json.loads(json.dumps(ROW))
    match where:
        case "result":
            row["messages"][3]["content"] = '{"pm25":"<|im_end|>"}'
        case "arguments":
            row["messages"][2]["tool_calls"][1]["function"]["arguments"] = '{"place": "<|im_end|>"}'
        case "tools":
            row["tools"] = row["tools"].replace("ค่าฝุ่น", "<|im_end|>")
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(DatasetError, match="control token"):
        turns_in_the_loss(real_chat, read_dataset(path).conversations[0])


def test_arguments_may_be_objects_and_content_null_in_a_users_file(tmp_path: Path) -> None:
    row = json.loads(json.dumps(ROW))
    row["tools"] = [SPEC]
    row["messages"][2]["content"] = None
    row["messages"][2]["tool_calls"][0]["function"]["arguments"] = {"place": "ตาก"}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    [conversation] = read_dataset(path).conversations
    assert list(conversation.messages) == MESSAGES
    assert conversation.tools == (SPEC,)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tools": "{oops"}, "`tools` is not JSON"),
        ({"tools": '{"a": 1}'}, "must be a list of tool specs"),
        ({"messages": [*MESSAGES[:2], {**MESSAGES[2], "tool_calls": [{"id": "x"}]}]}, "not a list of tool calls"),
        ({"messages": [*MESSAGES[:2], {**MESSAGES[2], "tool_calls": "x"}]}, "not a list of tool calls"),
    ],
)
def test_malformed_tools_and_calls_are_named_with_their_place(
    change: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({**ROW, **change}, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(DatasetError, match=f"bad.jsonl:1.*{complaint}"):
        read_dataset(path)
