"""Rows of tool use through real chat templates: what is rendered is read back as the same calls, results and tools.

The templates are those that trl ships (Apache-2.0), rendered by transformers as a user would; the two traits of Hermes'
own template that Qwen's does not share are written down here.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datagen.errors import DatasetError
from datagen.formats.chat_input import ChatInput, TemplateForm, chat_input, record_input
from datagen.formats.template_form import template_form
from datagen.record import Message, Record, ToolCall
from datagen.shards import read_rows

transformers = pytest.importorskip("transformers", reason="chat templates are rendered by transformers (extra train)")

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"ค้นหา{word}",
            "parameters": {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "ชื่อจังหวัด"},
                    "days": {"type": "array", "items": {"type": "integer"}, "description": "วัน"},
                },
                "required": ["place"],
            },
        },
    }
    for name, word in (("get_forecast", "พยากรณ์อากาศ"), ("get_air_quality", "ค่าฝุ่น"))
]
AWKWARD = {
    "place": 'ร้าน "ป้าแดง" {สาขา 2}\nปากซอย',
    "days": [1, 2],
    "exact": True,
    "price": 12.5,
    "note": None,
    "at": {"x": {}},
}


def call(number: int, name: str, arguments: dict[str, Any]) -> ToolCall:
    return ToolCall(f"call_{number}", name, json.dumps(arguments, ensure_ascii=False))


CALLS = [
    call(1, "get_forecast", {"place": "เชียงใหม่"}),
    call(2, "get_air_quality", {"place": "ลำปาง", "days": []}),
    call(3, "get_forecast", AWKWARD),
]
RESULTS = ['{"high_c":31}', '{"pm25":44}', '{"high_c":28,"note":"ฝน"}']
SYSTEM, *TURNS = (
    Message("system", "คุณเป็นผู้ช่วยของหน่วยงาน วันนี้วันที่ 14 มกราคม 2570"),
    Message("user", "เชียงใหม่ร้อนไหม แล้วลำปางฝุ่นเยอะไหม"),
    Message("assistant", "", (CALLS[0], CALLS[1])),
    Message("tool", RESULTS[0], tool_call_id="call_1"),
    Message("tool", RESULTS[1], tool_call_id="call_2"),
    Message("assistant", "สูงสุด 31 องศา ฝุ่น 44 ครับ"),
    Message("user", "แล้วที่ร้านล่ะ"),
    Message("assistant", "", (CALLS[2],)),
    Message("tool", RESULTS[2], tool_call_id="call_3"),
    Message("assistant", "สูงสุด 28 องศาครับ"),
)
WHOLE = (SYSTEM, *TURNS)

# Like the template of Hermes 2 Pro in what is special about it.
HERMES = """{%- for tool in tools %}{{ tool | tojson }}
{% endfor %}{%- for message in messages %}
{%- if message.role == "assistant" and message.tool_calls is defined %}<|im_start|>assistant
{%- for tool_call in message.tool_calls %}
<tool_call>
{"arguments": {{ tool_call.function.arguments | tojson }}, "name": "{{ tool_call.function.name }}"}
</tool_call>{% endfor %}<|im_end|>
{% elif message.role == "tool" %}
{%- if not message.name is defined %}{{ raise_exception("results need the name of their tool") }}{% endif %}
{{- "<|im_start|>tool" }}
<tool_response>
{"name": "{{ message.name }}", "content": {{ message.content | tojson }}}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}{% endfor %}"""


@pytest.fixture(scope="module")
def render() -> Callable[[str, ChatInput], str]:
    """`render(template, given)`: by `apply_chat_template` of a tokenizer of one word."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    build: Any = transformers.PreTrainedTokenizerFast
    tokenizer = build(
        tokenizer_object=Tokenizer(WordLevel({"?": 0}, unk_token="?")), bos_token="<bos>", eos_token="<eos>"
    )

    def rendered(template: str, given: ChatInput) -> str:
        return tokenizer.apply_chat_template(given.messages, tools=given.tools, chat_template=template, tokenize=False)

    return rendered


def shipped(name: str) -> str:
    """A template of trl, which is not imported for it."""
    spec = importlib.util.find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the templates are those of trl (extra dev)")
    return (Path(spec.submodule_search_locations[0]) / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


def turns(text: str, start: str, end: str) -> list[str]:
    return re.findall(f"{re.escape(start)}(.*?){re.escape(end)}", text, re.DOTALL)


def tagged(text: str, start: str, end: str) -> list[tuple[str, Any]]:
    found = [
        json.loads(written)
        for turn in turns(text, start, end)
        for written in re.findall(r"<tool_call>\s*(\{.*?\})\s*</tool_call>", turn, re.DOTALL)
    ]
    return [(each["name"], each["arguments"]) for each in found]


def chatml_calls(text: str) -> list[tuple[str, Any]]:
    return tagged(text, "<|im_start|>assistant", "<|im_end|>")


def gemma_calls(text: str) -> list[tuple[str, Any]]:
    return tagged(text, "<start_of_turn>model", "<end_of_turn>")


def llama_calls(text: str) -> list[tuple[str, Any]]:
    said = turns(text, "<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>")
    found = [json.loads(turn) for turn in said if turn.startswith("{")]
    return [(each["name"], each["parameters"]) for each in found]


NATIVE, ONE_BY_ONE, AS_TEXT = TemplateForm(), TemplateForm(parallel=False), TemplateForm(native=False)
TEMPLATES = {
    "qwen2_5": (NATIVE, chatml_calls),
    "qwen3": (NATIVE, chatml_calls),
    "qwen3_instruct_2507": (NATIVE, chatml_calls),
    "llama3_1": (ONE_BY_ONE, llama_calls),
    "llama3_2": (ONE_BY_ONE, llama_calls),
    "gemma3": (AS_TEXT, gemma_calls),
    "gemma": (replace(AS_TEXT, system=False), gemma_calls),
    "hermes": (NATIVE, chatml_calls),
}


def template_of(name: str) -> str:
    return HERMES if name == "hermes" else shipped(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_form_a_template_takes_is_found_by_trying(name: str, render: Callable[..., str]) -> None:
    template = template_of(name)
    assert template_form(lambda messages, tools: render(template, ChatInput(messages, tools))) == TEMPLATES[name][0]


@pytest.mark.parametrize("messages", [WHOLE, tuple(TURNS)], ids=["system", "no_system"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_calls_results_and_tools_are_read_back(
    name: str, messages: tuple[Message, ...], render: Callable[..., str]
) -> None:
    form, read = TEMPLATES[name]
    text = render(template_of(name), chat_input(messages, TOOLS, form=form))
    assert read(text) == [(each.name, json.loads(each.arguments)) for each in CALLS]
    in_json = name == "hermes" or name.startswith("llama")  # these write a result as JSON text in any case
    written = [json.dumps(result, ensure_ascii=False) if in_json else result for result in RESULTS]
    places = [text.index(result) for result in written]
    assert places == sorted(places)
    assert all(tool in specs_in(text) for tool in TOOLS)
    for message in messages:
        if message.role in ("system", "user") or (message.role == "assistant" and not message.tool_calls):
            assert message.content in text


def specs_in(text: str) -> list[Any]:
    """Every JSON object of a tool's spec that stands in the text, on one line or indented."""
    decoder, found = json.JSONDecoder(), []
    for start in re.finditer(r"\{\s*\"type\": \"function\"", text):
        found.append(decoder.raw_decode(text, start.start())[0])
    return found


def test_specs_are_written_in_the_order_that_models_know() -> None:
    stored = json.loads(json.dumps(TOOLS, sort_keys=True))
    assert list(stored[0]) == ["function", "type"]
    given = chat_input(WHOLE, stored).tools
    assert given is not None
    assert given == TOOLS
    spec = given[0]
    assert [*spec, *spec["function"]] == ["type", "function", "name", "description", "parameters"]
    assert list(spec["function"]["parameters"]) == ["type", "properties", "required"]


def test_calls_side_by_side_become_call_and_result_in_turn() -> None:
    given = chat_input(WHOLE, TOOLS, form=ONE_BY_ONE).messages
    kinds = [(m["role"], m["tool_calls"][0]["id"] if "tool_calls" in m else m.get("tool_call_id")) for m in given]
    assert kinds == [
        ("system", None),
        ("user", None),
        ("assistant", "call_1"),
        ("tool", "call_1"),
        ("assistant", "call_2"),
        ("tool", "call_2"),
        ("assistant", None),
        ("user", None),
        ("assistant", "call_3"),
        ("tool", "call_3"),
        ("assistant", None),
    ]


def test_text_turns_alternate_and_tell_the_tools_in_the_language_of_the_row() -> None:
    given = chat_input(WHOLE, TOOLS, "th", AS_TEXT)
    assert given.tools is None
    assert [m["role"] for m in given.messages] == ["system", *["user", "assistant"] * 4]
    assert given.messages[0]["content"].startswith(SYSTEM.content)
    assert "เครื่องมือ" in given.messages[0]["content"]
    assert "You can call tools" in chat_input(TURNS, TOOLS, "en", AS_TEXT).messages[0]["content"]
    assert all(set(m) == {"role", "content"} for m in given.messages)


def test_a_conversation_without_tools_is_left_as_it_is() -> None:
    plain = (SYSTEM, TURNS[0], TURNS[4])
    for form in (NATIVE, ONE_BY_ONE, AS_TEXT):
        assert chat_input(plain, [], form=form) == ChatInput([m.as_dict() for m in plain], None)


def test_keys_are_there_only_where_there_is_something() -> None:
    given = chat_input(WHOLE, TOOLS).messages
    assert [sorted(set(m) - {"role", "content"}) for m in given[1:5]] == [
        [],
        ["tool_calls"],
        ["name", "tool_call_id"],
        ["name", "tool_call_id"],
    ]
    assert given[3]["name"] == "get_forecast"


def test_ids_for_mistral_are_nine_letters_and_digits_and_still_match() -> None:
    given = chat_input(WHOLE, TOOLS, form=TemplateForm(short_ids=True)).messages
    ids = [each["id"] for message in given for each in message.get("tool_calls", ())]
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", each) for each in ids)
    assert [m["tool_call_id"] for m in given if m["role"] == "tool"] == ids


def test_a_template_that_drops_tools_without_a_word_is_not_taken_for_one_that_knows_them(
    render: Callable[..., str],
) -> None:
    chatml = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    assert template_form(lambda messages, tools: render(chatml, ChatInput(messages, tools))) == AS_TEXT
    deaf = "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}"
    assert template_form(lambda messages, tools: render(deaf, ChatInput(messages, tools))) is None
    half = "{{ '' }}" + HERMES[HERMES.index("{% endfor %}") + len("{% endfor %}") :]  # calls, but no tools on offer
    assert template_form(lambda messages, tools: render(half, ChatInput(messages, tools))) == AS_TEXT
    python_like = chatml.replace("{{ m.content }}", "{{ m.content }}{{ m.tool_calls }}{{ tools }}")
    assert template_form(lambda messages, tools: render(python_like, ChatInput(messages, tools))) == AS_TEXT


@pytest.mark.parametrize("arguments", ["{oops", "[1]", '"x"'])
def test_arguments_that_are_no_object_are_named(arguments: str) -> None:
    broken = (TURNS[0], Message("assistant", "", (ToolCall("call_7", "get_forecast", arguments),)))
    with pytest.raises(DatasetError, match=r"call_7 \(get_forecast\)"):
        chat_input(broken, TOOLS)


@pytest.mark.parametrize("name", TEMPLATES)
def test_rows_of_every_kind_come_back_from_the_template(
    name: str, built_tools: Path, render: Callable[..., str]
) -> None:
    form, read = TEMPLATES[name]
    template = template_of(name)
    rows = [row for file in built_tools.glob("data/tool/*.parquet") for row in read_rows(file)]
    assert len(rows) == 40
    for record in map(Record.from_row, rows):
        text = render(template, record_input(record, form))
        calls = [call for message in record.messages for call in message.tool_calls]
        assert read(text) == [(each.name, json.loads(each.arguments)) for each in calls]
        assert all(spec in specs_in(text) for spec in json.loads(record.tools))
