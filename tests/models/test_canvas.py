"""Segments become positions, and tokens become text again, at every kind of edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lacuna_models.api import EngineError, Fixed, Gap, Kept, Open, Segment, Soft, TokenState
from lacuna_models.canvas import CanvasSpec, Layout, Rule, lay_out
from lacuna_models.drafting import Reading, drafts, fills
from lacuna_models.loading import Loaded
from lacuna_models.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def vocabulary(shipped: Loaded) -> Vocabulary:
    return shipped.vocabulary


SPEC = CanvasSpec(length=128, default_gap=10)


def held(layout: Layout, vocabulary: Vocabulary) -> list[str]:
    """Return the texts of the anchor tokens, free places as one underscore each run."""
    texts: list[str] = []
    for token, rule in zip(layout.ids, layout.rules, strict=True):
        if rule is not Rule.HELD:
            if texts[-1:] != ["_"]:
                texts.append("_")
        elif token not in vocabulary.marks.ends and token != vocabulary.marks.pad:
            texts += vocabulary.texts([token])
    return texts


def reading(layout: Layout, ids: Sequence[int], kept: Sequence[bool] | None = None) -> Reading:
    length = len(ids)
    return Reading(ids, kept or [True] * length, [TokenState.SETTLED] * length, [0.5] * length)


def written(
    segments: Sequence[Segment],
    vocabulary: Vocabulary,
    words: dict[str, str | list[int]],
    spec: CanvasSpec = SPEC,
) -> dict[str, str]:
    """Lay out, write words (or ids) into the gaps, padded, and return each span's text."""
    layout = lay_out(segments, vocabulary, replace(spec, elastic=True))
    ids = list(layout.ids)
    for span in layout.spans:
        said = words.get(span.segment_id)
        if said is None:
            continue
        tokens = vocabulary.ids(said) if isinstance(said, str) else said
        assert len(tokens) <= span.length
        for p in range(span.start, span.stop):
            at = p - span.start
            ids[p] = tokens[at] if at < len(tokens) else vocabulary.marks.pad
    return {f.segment_id: f.text for f in fills(layout, vocabulary, reading(layout, ids))}


def test_the_space_before_a_gap_is_left_to_its_first_word(vocabulary: Vocabulary) -> None:
    segments = [Fixed("a", "The heart is   "), Gap("g"), Fixed("b", " in size.")]
    layout = lay_out(segments, vocabulary, SPEC)
    assert held(layout, vocabulary) == ["The", " heart", " is", "_", " in", " size", "."]


@pytest.mark.parametrize(
    ("after", "tokens"), [(" No", [" No"]), ("No", ["No"]), (". No", [".", " No"])]
)
def test_text_after_a_gap_keeps_its_natural_tokens(
    vocabulary: Vocabulary, after: str, tokens: list[str]
) -> None:
    layout = lay_out([Gap("g", 4), Fixed("b", after)], vocabulary, SPEC)
    assert held(layout, vocabulary) == ["_", *tokens]


@pytest.mark.parametrize(
    ("before", "said", "after", "text"),
    [
        ("is ", " normal", " in", "normal"),
        ("is", " normal", " in", " normal"),
        ("is ", "normal", " in", "normal"),
        ("heart", "normal", ".", " normal"),
        ("size.", "No effusion", ".", " No effusion"),
        ("effus", "ion", ".", "ion"),
        ("1", "2", " mm", "2"),
        ("FINDINGS:\n", " The heart.\n", "\nIMPRESSION:\n", "The heart."),
        ("FINDINGS: ", "\nClear.", "", "Clear."),
        ("Clear.", " Normal.", "No effusion.", " Normal. "),
        ("is ", " normal", "in size", "normal "),
        ("is ", " normal", ", and", "normal"),
        ("", " The heart", "", "The heart"),
        ("(", "left", ")", "left"),
    ],
)
def test_a_fill_meets_its_neighbours_well(
    vocabulary: Vocabulary, before: str, said: str, after: str, text: str
) -> None:
    segments = [Fixed("a", before), Gap("g"), Fixed("b", after)]
    assert written(segments, vocabulary, {"g": said})["g"] == text


def test_neighbouring_gaps_are_told_apart_by_their_own_words(vocabulary: Vocabulary) -> None:
    segments = [Fixed("a", "The heart "), Gap("g"), Gap("h"), Fixed("b", ".")]
    said = written(segments, vocabulary, {"g": " is ", "h": " normal"})
    assert said == {"g": "is ", "h": "normal"}


def test_an_anchor_edge_inside_a_soft_word_cuts_the_token(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.ids(" effusion")) == 1
    layout = lay_out([Fixed("a", "No eff"), Soft("s", "usion."), Gap("g")], vocabulary, SPEC)
    assert "".join(held(layout, vocabulary)[:-1]) == "No eff"


def test_the_word_after_an_anchors_space_is_the_soft_texts(vocabulary: Vocabulary) -> None:
    layout = lay_out([Fixed("a", "is "), Soft("s", "normal"), Fixed("b", " in")], vocabulary, SPEC)
    assert held(layout, vocabulary) == ["is", "_", " in"]
    (span,) = layout.spans
    assert vocabulary.texts(layout.ids[span.start : span.stop]) == [" normal"]


def test_the_word_after_a_soft_space_is_the_anchors(vocabulary: Vocabulary) -> None:
    segments = [Soft("s", "The heart is "), Fixed("b", "normal"), Gap("g")]
    layout = lay_out(segments, vocabulary, SPEC)
    assert held(layout, vocabulary) == ["_", " normal", "_"]
    assert written(segments, vocabulary, {})["s"] == "The heart is "


@pytest.mark.parametrize("text", [" ", "\n\n", "  The heart.\n\n", "é 😀\t", "x"])
def test_soft_text_that_the_model_leaves_alone_comes_back(
    vocabulary: Vocabulary, text: str
) -> None:
    segments = [Fixed("a", "Report."), Soft("s", text), Fixed("b", "End"), Gap("g")]
    assert written(segments, vocabulary, {})["s"] == text


def test_a_token_over_a_section_edge_stays_one_when_both_sides_are_held(
    loaded: Loaded,
) -> None:
    vocabulary = loaded.vocabulary
    assert len(vocabulary.ids("\n\n")) == 1
    apart = [Fixed("a", "size.\n"), Fixed("b", "\nNo "), Gap("g")]
    joint = [Fixed("a", "size.\n\nNo "), Gap("g")]
    assert lay_out(apart, vocabulary, SPEC).ids == lay_out(joint, vocabulary, SPEC).ids


def test_a_token_over_a_section_edge_is_cut_when_one_side_may_change(
    vocabulary: Vocabulary,
) -> None:
    whole, cut = [Fixed("a", "effusion"), Gap("g")], [Fixed("a", "eff"), Soft("s", "usion")]
    assert held(lay_out(whole, vocabulary, SPEC), vocabulary) == ["effusion", "_"]
    layout = lay_out([*cut, Gap("g")], vocabulary, SPEC)
    assert "".join(held(layout, vocabulary)) == "eff_"


def test_whitespace_at_a_soft_texts_edges_is_held(loaded: Loaded) -> None:
    vocabulary = loaded.vocabulary
    segments = [Fixed("a", "size.\n"), Soft("s", "\nNo disease.\n"), Fixed("b", "\nThe"), Gap("g")]
    layout = lay_out(segments, vocabulary, SPEC)
    assert held(layout, vocabulary)[-4:] == ["_", "\n\n", "The", "_"]
    assert written(segments, vocabulary, {})["s"] == "\nNo disease.\n"


def test_a_character_of_several_tokens_is_whole_at_its_last(vocabulary: Vocabulary) -> None:
    ids = vocabulary.ids("😀")
    assert len(ids) == 4
    assert vocabulary.texts(ids) == ["", "", "", "😀"]


def test_broken_characters_show_in_drafts_and_never_in_fills(vocabulary: Vocabulary) -> None:
    layout = lay_out([Fixed("a", "x "), Gap("g", 3), Fixed("b", " y")], vocabulary, SPEC)
    ids = list(layout.ids)
    (span,) = layout.spans
    ids[span.start : span.stop] = [*vocabulary.ids("😀")[:2], *vocabulary.ids("no")]
    assert "\ufffd" in drafts(layout, vocabulary, reading(layout, ids))[0].text
    assert fills(layout, vocabulary, reading(layout, ids))[0].text == "no"


def test_the_name_of_a_mark_is_text_when_typed(vocabulary: Vocabulary) -> None:
    layout = lay_out([Fixed("a", "<turn|><pad>"), Gap("g", 4)], vocabulary, SPEC)
    assert vocabulary.marks.turn not in layout.ids[: layout.spans[0].start]
    assert "".join(held(layout, vocabulary)[:-1]) == "<turn|><pad>"


def test_a_lone_surrogate_does_no_harm(vocabulary: Vocabulary) -> None:
    layout = lay_out([Fixed("a", "x\ud83dy"), Gap("g", 4)], vocabulary, SPEC)
    assert "".join(held(layout, vocabulary)[:-1]) == "x?y"


def test_the_reply_ends_behind_the_text(vocabulary: Vocabulary) -> None:
    layout = lay_out([Gap("g", 4), Fixed("b", ".")], vocabulary, SPEC)
    assert len(layout.ids) == 128
    assert layout.ids[5] == vocabulary.marks.turn
    assert set(layout.ids[6:]) == {vocabulary.marks.pad}
    assert set(layout.rules[4:]) == {Rule.HELD}


@pytest.mark.parametrize("tail", [[], [Fixed("b", "\n")], [Soft("b", " "), Fixed("c", "\n")]])
def test_a_last_gap_has_the_rest_of_the_canvas(vocabulary: Vocabulary, tail: list[Segment]) -> None:
    layout = lay_out([Fixed("a", "No"), Gap("g"), *tail], vocabulary, SPEC)
    span = layout.spans[0]
    assert (span.start, span.stop, span.ending) == (1, 128, True)
    assert layout.rules[1] is Rule.WORDS, "an answer of nothing is none"
    assert set(layout.rules[2:]) == {Rule.ENDING}


def test_text_ends_at_the_first_end_mark(vocabulary: Vocabulary) -> None:
    marks = vocabulary.marks
    words = [*vocabulary.ids("No effusion."), marks.turn, *vocabulary.ids(" more")]
    assert written([Gap("g")], vocabulary, {"g": words})["g"] == "No effusion."


@pytest.mark.parametrize("elastic", [True, False])
def test_padding_is_allowed_in_elastic_gaps_of_unknown_length_only(
    vocabulary: Vocabulary, elastic: bool
) -> None:
    spec = replace(SPEC, elastic=elastic)
    segments = [Gap("g"), Fixed("b", " and "), Gap("h", 5), Soft("s", " so."), Fixed("c", " End")]
    layout = lay_out(segments, vocabulary, spec)
    unknown, exact, soft = ({layout.rules[p] for p in range(s.start, s.stop)} for s in layout.spans)
    assert unknown == {Rule.ELASTIC if elastic else Rule.WORDS}
    assert exact == soft == {Rule.WORDS}


def test_gaps_of_unknown_length_share_what_is_left(vocabulary: Vocabulary) -> None:
    words = Fixed("a", "The heart is normal. ")
    taken = len(vocabulary.ids("The heart is normal."))
    spec = CanvasSpec(length=3 * taken + 17, default_gap=10)
    segments = [words, Gap("g"), words, Gap("h"), words, Gap("i"), Fixed("b", ".")]
    layout = lay_out(segments, vocabulary, replace(spec, length=spec.length + 1))
    assert sorted(span.length for span in layout.spans) == [5, 6, 6]
    assert layout.shrunk == 5


def test_no_room_is_said_in_numbers(vocabulary: Vocabulary) -> None:
    taken = len(vocabulary.ids("No effusion"))
    spec = CanvasSpec(length=taken + 5)
    with pytest.raises(EngineError) as caught:
        lay_out([Gap("g"), Fixed("a", "No effusion"), Gap("h")], vocabulary, spec)
    assert caught.value.message == (
        f"The fixed text takes {taken} of the model's {taken + 5} positions: "
        "no room is left for 2 gaps."
    )
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("length", "words"), [(129, "longer than the model's canvas of 128"), (0, "at least one")]
)
def test_impossible_lengths_are_refused(vocabulary: Vocabulary, length: int, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        lay_out([Gap("g", length)], vocabulary, SPEC)


def test_exact_gaps_that_do_not_fit_together_are_refused(vocabulary: Vocabulary) -> None:
    with pytest.raises(EngineError, match="gaps ask for 140 of"):
        lay_out([Gap("g", 70), Fixed("a", " and "), Gap("h", 70)], vocabulary, SPEC)


def test_what_was_not_kept_is_open_and_accepted_words_stay(vocabulary: Vocabulary) -> None:
    layout = lay_out([Fixed("a", "The "), Gap("g", 6), Fixed("b", " end.")], vocabulary, SPEC)
    (span,) = layout.spans
    ids, kept = list(layout.ids), [True] * len(layout.ids)
    ids[span.start : span.stop] = vocabulary.ids(" heart is normal in size, and")[:6]
    kept[span.start + 1] = kept[span.start + 2] = kept[span.stop - 1] = False
    (fill,) = fills(layout, vocabulary, reading(layout, ids, kept))
    shapes = [piece.length if isinstance(piece, Open) else piece.text for piece in fill.pieces]
    assert shapes == ["heart", 2, " in size", 1]
    assert not fill.complete
    assert all(isinstance(piece, Kept | Open) for piece in fill.pieces)


def test_padding_leaves_no_tokens_behind(vocabulary: Vocabulary) -> None:
    layout = lay_out([Gap("g"), Fixed("b", ".")], vocabulary, replace(SPEC, elastic=True))
    ids = list(layout.ids)
    words = vocabulary.ids("The heart")
    ids[: len(words)] = words
    (draft,) = drafts(layout, vocabulary, reading(layout, ids))
    assert [token.text for token in draft.tokens] == ["The", " heart"]


def test_a_preamble_is_held_and_never_read(vocabulary: Vocabulary) -> None:
    spec = replace(SPEC, preamble=(7, 8))
    layout = lay_out([Gap("g")], vocabulary, spec)
    assert layout.ids[:2] == (7, 8)
    assert layout.spans[0].start == 2


def test_a_gap_that_stands_for_a_paragraph_gets_room_for_sentences(vocabulary: Vocabulary) -> None:
    segments = (Fixed("h", "Findings:\n"), Gap("body"), Fixed("t", "\n\nImpression:\n"), Gap("end"))
    layout = lay_out(segments, vocabulary, SPEC)
    body, end = layout.spans
    assert body.length == 25
    assert end.length == SPEC.length - body.length - len(layout.ids) + len(layout.free)
    phrase = lay_out(
        (Fixed("a", "The heart is "), Gap("g"), Fixed("b", " today.")), vocabulary, SPEC
    )
    assert phrase.spans[0].length == SPEC.default_gap
