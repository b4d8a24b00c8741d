"""A dataset's licence: what sources allow together, what models allow of their outputs, and who says otherwise."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from datagen.licences import Override, derive, terms_of
from datagen.licences.source_licences import KNOWN

_OPEN_MODEL = "Qwen/Qwen2.5-7B-Instruct"


def manifest(*sources: tuple[str, str], teacher: str = _OPEN_MODEL, judge: str = "", **recipe: Any) -> dict[str, Any]:
    """The part of a manifest that licences are derived from."""
    return {
        "sources": [{"name": name, "license": licence, "rows": 5} for name, licence in sources],
        "teacher": {"name": teacher, "identity": "http://x/v1", "license": "unknown", "judge": judge or teacher},
        "recipe": {"teacher": {}, "judge": {"enabled": bool(judge)}, **recipe},
    }


@pytest.mark.parametrize(
    ("sources", "header"),
    [
        ([("a", "CC0-1.0")], ("cc0-1.0", "")),
        ([("a", "cc-by-4.0"), ("b", "CC-BY-4.0")], ("cc-by-4.0", "")),
        ([("a", "CC0-1.0"), ("b", "CC-BY-4.0")], ("cc-by-4.0", "")),
        ([("a", "CC-BY-4.0"), ("b", "CC-BY-SA-4.0"), ("c", "CC0-1.0")], ("cc-by-sa-4.0", "")),
        ([("a", "CC-BY-SA-3.0"), ("b", "CC-BY-SA-4.0")], ("cc-by-sa-4.0", "")),
        ([("a", "CC-BY-NC-4.0"), ("b", "CC-BY-4.0")], ("cc-by-nc-4.0", "")),
        ([("a", "MIT"), ("b", "Apache-2.0")], ("other", "apache-2.0-and-mit")),
    ],
)
def test_sources_that_agree_on_a_licence(sources, header):
    found = derive(manifest(*sources))
    assert found.conflicts == ()
    assert (found.id, found.name) == header
    assert found.may_publish


@pytest.mark.parametrize(
    ("sources", "named"),
    [
        ([("a", "unknown"), ("b", "MIT")], "the licence of a is not known"),
        ([("a", "see website")], "'see website' of a"),
        ([("a", "CC-BY-ND-4.0")], "a under CC-BY-ND-4.0 may not be changed"),
        ([("a", "CC-BY-SA-4.0"), ("b", "MIT")], "a under CC-BY-SA-4.0 (share-alike) cannot share .* b under MIT"),
        ([("a", "CC-BY-SA-4.0"), ("b", "ODbL-1.0")], "a under CC-BY-SA-4.0 .* b under ODbL-1.0"),
        ([("a", "CC-BY-NC-4.0"), ("b", "CC-BY-SA-4.0")], "a under CC-BY-NC-4.0 .* b under CC-BY-SA-4.0"),
        ([("a", "CC-BY-NC-SA-4.0"), ("b", "Apache-2.0")], r"\(share-alike and non-commercial\)"),
        ([("a", "ODbL-1.0"), ("b", "CC-BY-4.0")], "a under ODbL-1.0 .* b under CC-BY-4.0"),
        ([], "no rows"),
    ],
)
def test_sources_that_stop_the_publication_are_named_once(sources, named):
    found = derive(manifest(*sources))
    assert len(found.conflicts) == 1
    assert re.search(named.replace(" (share-alike)", r" \(share-alike\)"), found.conflicts[0])
    assert (found.id, found.name) == ("other", "unresolved")
    assert not found.may_publish


@pytest.mark.parametrize(
    ("model", "outputs", "licence"),
    [
        ("qwen2.5-coder-1.5b", "allowed", "Apache-2.0"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "allowed", "Apache-2.0"),
        ("qwen2.5-coder-1.5b-instruct-q4_k_m", "allowed", "Apache-2.0"),
        ("Qwen/Qwen2.5-72B-Instruct", "conditions", "Qwen"),
        ("Qwen/Qwen2.5-Coder-3B-Instruct", "conditions", "Qwen-Research"),
        ("Qwen/Qwen2-72B-Instruct", "forbidden", "Tongyi-Qianwen"),
        ("qwen-max", "unknown", "unknown"),
        ("qwen3-max", "unknown", "unknown"),
        ("meta-llama/Llama-3.1-8B-Instruct", "conditions", "Llama-3.1-or-later-Community"),
        ("llama3.2:3b", "conditions", "Llama-3.1-or-later-Community"),
        ("Llama-4-Scout-17B-16E-Instruct", "conditions", "Llama-3.1-or-later-Community"),
        ("meta-llama/Meta-Llama-3-70B-Instruct", "forbidden", "Llama-2-and-3-Community"),
        ("llama3:8b", "forbidden", "Llama-2-and-3-Community"),
        ("meta-llama/Llama-2-70b-chat-hf", "forbidden", "Llama-2-and-3-Community"),
        ("deepseek-ai/DeepSeek-R1", "allowed", "MIT"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "conditions", "Llama-3.1-or-later-Community"),
        ("google/gemma-3-27b-it", "conditions", "Gemma"),
        ("gemma-4-31b", "unknown", "unknown"),
        ("gpt-4o-mini", "forbidden", "OpenAI terms of use"),
        ("openai/gpt-oss-120b", "allowed", "Apache-2.0"),
        ("o3-mini", "forbidden", "OpenAI terms of use"),
        ("claude-sonnet-4", "forbidden", "Anthropic commercial terms"),
        ("scripted", "unknown", "unknown"),
    ],
)
def test_models_known_by_name(model, outputs, licence):
    terms = terms_of(model)
    assert (terms.outputs, terms.license) == (outputs, licence)


def test_every_entry_of_the_table_says_where_its_terms_stand():
    entries = yaml.safe_load(files("datagen.licences").joinpath("models.yaml").read_text(encoding="utf-8"))
    assert all(entry["url"].startswith("https://") for entry in entries)
    assert all(entry.get("note") for entry in entries if entry["outputs"] != "allowed")
    assert all(entry["match"].startswith("^") for entry in entries)  # a fine-tune of another name has its own terms


@pytest.mark.parametrize(
    ("models", "named"),
    [
        ({"teacher": "gpt-4o"}, "gpt-4o (teacher) do not let others train"),
        ({"judge": "claude-sonnet-4"}, "claude-sonnet-4 (judge) do not let others train"),
        (
            {"teacher": "house-model"},
            "house-model (teacher) is not known; state its terms",
        ),
        ({"judge": "house-judge"}, "state its terms in the recipe (judge.terms)"),
        ({"teacher": "Qwen2.5-3B-Instruct"}, "may be used non-commercially only"),
    ],
)
def test_models_that_stop_the_publication_are_named(models, named):
    found = derive(manifest(("a", "CC-BY-4.0"), **models))
    assert len(found.conflicts) == 1
    assert named in found.conflicts[0]


def test_a_model_that_is_teacher_and_judge_is_one_model():
    (model,) = derive(manifest(("a", "MIT"), judge=_OPEN_MODEL)).models
    assert model.label == f"{_OPEN_MODEL} (teacher, judge)"


def test_a_judge_that_was_not_asked_stops_nothing():
    given = manifest(("a", "MIT"))
    given["teacher"]["judge"] = "gpt-4o"
    assert derive(given).conflicts == ()


def test_translators_count_as_well():
    translate = {"enabled": True, "model": "gpt-4o", "gate": "judge", "judge_model": "gemini-2.5-pro"}
    conflicts = derive(manifest(("a", "MIT"), translate=translate)).conflicts
    assert ["gpt-4o (translator)" in conflicts[0], "gemini-2.5-pro (judge of translations)" in conflicts[1]] == [
        True
    ] * 2
    assert derive(manifest(("a", "MIT"), translate={**translate, "enabled": False})).conflicts == ()


def test_terms_stated_in_the_recipe_go_before_the_table():
    terms = {"license": "Our contract", "outputs": "allowed", "url": "https://example.org"}
    given = manifest(("a", "MIT"), teacher="gpt-4o")
    given["recipe"]["teacher"] = {"terms": terms}
    found = derive(given)
    assert found.conflicts == ()
    assert found.models[0].stated
    given["recipe"]["teacher"] = {"terms": {**terms, "outputs": "forbidden"}}
    assert "Our contract" in derive(given).conflicts[0]


def test_conditions_of_a_model_stay_with_the_dataset():
    found = derive(manifest(("a", "CC0-1.0"), teacher="meta-llama/Llama-3.3-70B-Instruct"))
    assert found.may_publish
    assert (found.id, found.name) == ("other", "cc0-1.0-and-llama-3.1-or-later-community")
    assert 'name that begins with "Llama"' in found.conditions[0]


def test_a_non_commercial_model_and_non_commercial_sources_agree():
    found = derive(manifest(("a", "CC-BY-NC-4.0"), teacher="Qwen/Qwen2.5-3B-Instruct"))
    assert found.conflicts == ()


def test_a_written_word_opens_the_way_and_leaves_the_conflict_on_record():
    word = Override.model_validate("CC-BY-4.0; Legal; they wrote to us; twice")
    assert word.why == "they wrote to us; twice"
    given = manifest(("a", "unknown"))
    for found in (
        derive(given, word),
        derive({**given, "license_override": word.model_dump()}),
        derive({**given, "recipe": {**given["recipe"], "license_override": word.model_dump()}}),
    ):
        assert found.may_publish
        assert (found.id, found.name) == ("cc-by-4.0", "")
        assert found.conflicts
        assert found.override == word
    named = derive(given, Override(license="Example Data Licence", who="Legal", why="ours"))
    assert (named.id, named.name) == ("other", "example-data-licence")


@pytest.mark.parametrize("given", ["CC-BY-4.0", "CC-BY-4.0; me", "; me; why", {"license": "MIT", "who": "me"}])
def test_a_written_word_has_three_parts(given):
    with pytest.raises(ValidationError):
        Override.model_validate(given)


def test_each_licence_is_known_by_its_id_on_the_hub_in_any_case():
    for licence in KNOWN.values():
        assert derive(manifest(("a", licence.hub.upper()))).licences == (licence.spdx,)
