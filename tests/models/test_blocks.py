"""A long report is cut where a reader would cut it, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lacuna_models import blocks
from lacuna_models.api import EngineError, Fixed, Gap, Segment, Soft
from lacuna_models.canvas import CanvasSpec, lay_out
from lacuna_models.loading import Loaded
from lacuna_models.vocabulary import Vocabulary

SPEC = CanvasSpec(length=40, default_gap=8)


@pytest.fixture(scope="session")
def vocabulary(shipped: Loaded) -> Vocabulary:
    return shipped.vocabulary


def text(segments: Sequence[Segment]) -> str:
    return "".join("[...]" if isinstance(s, Gap) else s.text for s in segments)


def test_what_fits_stays_whole(vocabulary: Vocabulary) -> None:
    segments = (Fixed("a", "The heart is "), Gap("g"), Fixed("b", " in size."))
    assert blocks.split(segments, vocabulary, SPEC) == (segments,)


def test_cuts_fall_after_sentences_and_every_word_is_kept(vocabulary: Vocabulary) -> None:
    segments = [
        segment
        for i in range(6)
        for segment in (
            Fixed(f"f{i}", "The lungs are clear. The heart is "),
            Gap(f"g{i}"),
            Soft(f"s{i}", " in size. No effusion.\n"),
        )
    ]
    parts = blocks.split(segments, vocabulary, SPEC)
    assert len(parts) > 2
    assert "".join(map(text, parts)) == text(segments)
    for part in parts[:-1]:
        assert text(part).rstrip().endswith(".")
    for i, part in enumerate(parts):
        layout = lay_out(part, vocabulary, SPEC, last=i + 1 == len(parts))
        assert len(layout.ids) <= SPEC.length


def test_a_gap_keeps_both_sides_of_its_sentence(vocabulary: Vocabulary) -> None:
    segments = [Fixed("a", "The lungs are clear. " * 6 + "The heart is "), Gap("g")]
    segments.append(Fixed("b", " in size. " + "No effusion. " * 6))
    (home,) = (
        p for p in blocks.split(segments, vocabulary, SPEC) if any(isinstance(s, Gap) for s in p)
    )
    assert "The heart is [...] in size." in text(home)


def test_a_sentence_too_long_for_its_gaps_is_refused(vocabulary: Vocabulary) -> None:
    segments = [Fixed("a", "the heart and " * 30), Gap("g"), Gap("h")]
    with pytest.raises(EngineError, match=r"takes \d+ of the model's 40 positions: no room"):
        blocks.split(segments, vocabulary, SPEC)


def test_a_gap_longer_than_the_canvas_is_refused(vocabulary: Vocabulary) -> None:
    with pytest.raises(EngineError, match="A gap of 300 tokens is longer than the model's canvas"):
        blocks.split([Fixed("a", "The heart "), Gap("g", 300)], vocabulary, SPEC)


@pytest.mark.parametrize("long", ["the heart and " * 40, "😀" * 90, " " * 500, "x" * 300])
def test_a_long_stretch_without_gaps_is_cut_anywhere(vocabulary: Vocabulary, long: str) -> None:
    segments = [Soft("s", long + "\n"), Gap("g"), Fixed("b", " end.")]
    parts = blocks.split(segments, vocabulary, SPEC)
    assert "".join(map(text, parts)) == text(segments)
    for i, part in enumerate(parts):
        layout = lay_out(part, vocabulary, SPEC, last=i + 1 == len(parts))
        assert len(layout.ids) <= SPEC.length


def test_the_note_says_what_could_not_see_what() -> None:
    assert "3 parts" in blocks.note(3)
    assert "none of the words after it" in blocks.note(3)
