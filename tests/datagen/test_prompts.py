"""The bundled prompts: what the issue of a prompt set promises, checked on the file itself."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections import Counter

from constraints import main_language, normalise
from datagen.config import BuildRecipe
from datagen.prompts import bundled_path, read_prompts
from datagen.recipe import load_recipe


def test_at_least_80_native_thai_prompts_over_six_topics():
    entries = [json.loads(line) for line in bundled_path("th").read_text(encoding="utf-8").splitlines()]
    topics = Counter(entry["topic"] for entry in entries)
    assert len(entries) >= 80
    assert set(topics) == {"daily_life", "culture", "law", "maths", "code", "writing"}
    assert min(topics.values()) >= 10


def test_bundled_prompts_are_clean_unique_thai_and_cc0():
    prompts = read_prompts("th", [])
    assert len({prompt.id for prompt in prompts}) == len({prompt.text for prompt in prompts}) == len(prompts)
    for prompt in prompts:
        assert prompt.license == "CC0-1.0"
        assert prompt.text == normalise(prompt.text) == unicodedata.normalize("NFC", prompt.text), prompt.id
        assert main_language(prompt.text) == "th", prompt.id
        assert len(set(prompt.keywords)) == 4, prompt.id


def test_the_data_side_imports_without_torch():
    """In a process where importing torch or transformers is an error."""
    program = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'datasets', 'huggingface_hub', 'xllamacpp'): sys.modules[name] = None\n"
        "import constraints, datagen.cli, datagen.build\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_defaults_are_a_valid_recipe():
    recipe = load_recipe(BuildRecipe, None)
    assert (recipe.compose.constraints_min, recipe.compose.constraints_max, recipe.candidates) == (1, 2, 2)
    assert len(BuildRecipe.model_fields) <= 25  # about 20: what has sub-keys is a section of its own
