"""The tokenizer gives every string back, and is the one that the bundled checkpoint carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from lacuna_models.api import Prompt
from lacuna_models.phantom.model import SOFT_TOKENS
from lacuna_models.phantom.prompts import prompt_ids
from lacuna_models.phantom.tokenizer import IMAGE, SPECIALS, VOCABULARY, train_tokenizer
from lacuna_phantom import checkpoint_path


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return AutoTokenizer.from_pretrained(checkpoint_path())


BUNDLED = AutoTokenizer.from_pretrained(checkpoint_path())
PIECES = st.sampled_from(
    [
        "  ",
        "\n",
        "\t",
        "\r\n",
        "▁",
        "é",
        "ß",
        "🫁",
        "👩‍⚕️",
        "<0x41>",
        " heart",
        "Findings:",
        "\u00a0",
        "\x00",
    ]
)


def ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False).input_ids)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join))
def test_every_string_comes_back(text: str) -> None:
    assert BUNDLED.decode(ids(BUNDLED, text), skip_special_tokens=False) == text


def test_it_is_made_by_the_code(tokenizer: PreTrainedTokenizerFast) -> None:
    made = train_tokenizer()
    assert made.get_vocab() == tokenizer.get_vocab()
    assert made.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()
    assert len(made) == VOCABULARY


def test_text_cut_before_a_space_or_at_a_line_end_has_the_same_tokens(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    text = "Findings:\nThe heart is normal in size. Clear lungs.\n\nImpression:\nNormal chest."
    whole = ids(tokenizer, text)
    for cut in (i for i, c in enumerate(text) if c in " \n"):
        assert ids(tokenizer, text[:cut]) + ids(tokenizer, text[cut:]) == whole


def test_spaces_and_line_ends_are_tokens_of_their_own(tokenizer: PreTrainedTokenizerFast) -> None:
    names = tokenizer.convert_ids_to_tokens(ids(tokenizer, "\n\n  heart\t"))
    assert names == ["\n", "\n", " ", " heart", "\t"]


def test_gemma_names_its_marks(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.convert_tokens_to_ids(list(SPECIALS)) == list(range(len(SPECIALS)))
    assert tokenizer.pad_token_id == 0
    assert tokenizer.image_token == IMAGE
    assert tokenizer.audio_token
    assert tokenizer.boa_token
    assert tokenizer.eoa_token


def test_the_prompt_holds_the_picture_and_the_words(tokenizer: PreTrainedTokenizerFast) -> None:
    prompt = Prompt(style="terse", indication="Cough.")
    seen = prompt_ids(tokenizer, prompt, picture=True)
    assert seen.count(tokenizer.convert_tokens_to_ids(IMAGE)) == SOFT_TOKENS
    words = tokenizer.decode(prompt_ids(tokenizer, prompt, picture=False))
    assert words == (
        "<bos><|turn>user\nWrite the report of this chest radiograph. Style: terse."
        " Indication: Cough.<turn|>\n<|turn>model\n"
    )
