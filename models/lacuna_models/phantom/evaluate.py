"""Measure a checkpoint on held-out phantoms, through the engine's own loop."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace

import numpy as np

from lacuna_models.api import (
    Done,
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Origin,
    Prompt,
    SamplerSettings,
    Segment,
)
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.loading import Loaded
from lacuna_models.phantom.cases import GROUPS, Case, Findings, draw_case
from lacuna_models.phantom.grammar import Report, Style, report_sentences, write
from lacuna_models.phantom.judge import (
    Figure,
    Judged,
    accepted,
    figure,
    judge,
    majority,
    same_label,
    token_f1,
)
from lacuna_models.phantom.picture import render
from lacuna_models.phantom.pictures import GREY, SIZE, held_out_seeds

TOO_LONG = 6  # tokens, by which an elastic gap exceeds what was taken out


@dataclass(frozen=True, slots=True)
class Infill:
    """One way of filling a masked sentence: token-F1, exact matches, equal labels, good grammar."""

    f1: Figure
    exact: Figure
    label: Figure
    fluent: Figure
    steps: float
    milliseconds: float  # median, a fill, the context warm


@dataclass(frozen=True, slots=True)
class Card:
    """All figures of one evaluation."""

    model_hash: str
    seed: int
    drafts: dict[str, Figure]
    groups: dict[str, Figure]
    majority: float
    draft_steps: float  # median
    draft_milliseconds: float  # median, a draft, the context warm
    step_milliseconds: float  # mean
    infills: dict[str, Infill]
    frequent_f1: Figure

    def json(self) -> str:
        """Return the card as JSON."""
        return json.dumps(asdict(self), indent=2)

    def table(self) -> str:
        """Return the card as Markdown."""
        n = self.drafts["label accuracy"].n
        lines = [f"| draft, {n} pictures | mean [95 % interval] |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in self.drafts.items()]
        lines += [
            f"| most frequent answer | {self.majority:.3f} |",
            f"| steps, median | {self.draft_steps:.0f} |",
            f"| ms a draft, median; ms a step | {self.draft_milliseconds:.0f}; "
            f"{self.step_milliseconds:.1f} |",
            "",
            "| group | accuracy |",
            "|---|---|",
            *(f"| {name.replace('_', ' ')} | {value} |" for name, value in self.groups.items()),
            "",
            "| infill of one sentence | token-F1 | exact | label equal | fluent | steps | ms |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, fill in self.infills.items():
            lines.append(
                f"| {name} | {fill.f1} | {fill.exact.mean:.3f} | {fill.label} | "
                f"{fill.fluent.mean:.3f} | {fill.steps:.1f} | {fill.milliseconds:.0f} |"
            )
        lines.append(f"| most frequent sentence | {self.frequent_f1} | | | | | |")
        return "\n".join(lines)


def evaluate(loaded: Loaded, drafts: int, infills: int, seed: int = 0) -> Card:
    """Draft and fill held-out phantoms; every case, wording and draw follows from the seed."""
    cases = [draw_case(number) for number in held_out_seeds(drafts, seed)]
    engine = DiffusionEngine(loaded)
    judged, runs = _drafts(engine, cases, seed)
    findings = [case.findings for case in cases]
    texts = [run.fills[0].text for run in runs]
    masks = _masks(loaded, held_out_seeds(infills, seed + 500), seed)
    return Card(
        model_hash=loaded.info.hash,
        seed=seed,
        drafts=_draft_figures(judged, texts, findings),
        groups={g: figure([j.groups[i] for j in judged]) for i, g in enumerate(GROUPS)},
        majority=majority(findings),
        draft_steps=float(np.median([run.steps for run in runs])),
        draft_milliseconds=1000 * float(np.median([run.elapsed for run in runs])),
        step_milliseconds=1000 * sum(r.elapsed for r in runs) / sum(r.steps for r in runs),
        infills=_infills(loaded, masks),
        frequent_f1=figure([token_f1(_most_frequent(), mask.sentence) for mask in masks]),
    )


def _drafts(
    engine: DiffusionEngine, cases: list[Case], seed: int
) -> tuple[list[Judged], list[Done]]:
    judged, runs = [], []
    for index, case in enumerate(cases):
        style: Style = "terse" if index % 2 else "full"
        run = _run(engine, case, style, (Gap("draft"),), seed)
        runs.append(run)
        judged.append(judge(run.fills[0].text, case.findings))
    return judged, runs


def _run(
    engine: DiffusionEngine,
    case: Case,
    style: Style,
    segments: tuple[Segment, ...],
    seed: int,
    blank: bool = False,
) -> Done:
    pixels = np.full((SIZE, SIZE), GREY, np.uint8) if blank else render(case, SIZE).astype(np.uint8)
    prompt = Prompt(images=(ImageInput(pixels, Origin.PHANTOM),), style=style)
    request = FillRequest("evaluation", prompt, segments, seeds=(seed,))
    first_step = replace(request, settings=SamplerSettings(steps=1))
    collect(
        engine.fill(first_step)
    )  # encodes picture and prompt: the run that counts finds them warm
    return collect(engine.fill(request))[0]


def _draft_figures(
    judged: list[Judged], texts: list[str], findings: list[Findings]
) -> dict[str, Figure]:
    others = [*findings[1:], findings[0]]
    swapped = [judge(text, shown) for text, shown in zip(texts, others, strict=True)]
    nodule = GROUPS.index("nodule")
    rest = [[g for i, g in enumerate(j.groups) if i != nodule] for j in judged]
    return {
        "label accuracy": figure([float(np.mean(j.groups)) for j in judged]),
        "label accuracy without nodule": figure([float(np.mean(groups)) for groups in rest]),
        "all eight right": figure([j.all_right for j in judged]),
        "side right": figure([j.sides for j in judged]),
        "sentences that the grammar accepts": figure([j.fluent for j in judged]),
        "body contradicts impression": figure([j.contradicts for j in judged]),
        "a sentence or finding doubled": figure([j.doubled for j in judged]),
        "pictures swapped: label accuracy": figure([float(np.mean(j.groups)) for j in swapped]),
        "pictures swapped: all eight right": figure([j.all_right for j in swapped]),
    }


@dataclass(frozen=True, slots=True)
class _Mask:
    """A report with one sentence taken out; ``gap`` is its length in tokens."""

    case: Case
    style: Style
    before: str
    sentence: str
    after: str
    gap: int


def _masks(loaded: Loaded, seeds: range, seed: int) -> list[_Mask]:
    masks = []
    for index, number in enumerate(seeds):
        case, style = draw_case(number), ("terse" if index % 2 else "full")
        report = write(case.findings, style, np.random.default_rng([number, seed, 6]))  # type: ignore[arg-type]
        masks.append(_mask(loaded, case, style, report))  # type: ignore[arg-type]
    return masks


def _mask(loaded: Loaded, case: Case, style: Style, report: Report) -> _Mask:
    """Take the middle sentence out of a report's findings."""
    sentence = report.body[len(report.body) // 2]
    start = report.text.index(sentence)
    before, after = report.text[:start], report.text[start + len(sentence) :]
    lead = " " if before.endswith(" ") else ""  # the engine leaves it to the gap
    gap = len(loaded.vocabulary.ids(lead + sentence))
    return _Mask(case, style, before, sentence, after, gap)


def _infills(loaded: Loaded, masks: list[_Mask]) -> dict[str, Infill]:
    engine = DiffusionEngine(loaded)
    kinds = {
        "both sides": (True, False),
        "left only": (False, False),
        "both sides, blank picture": (True, True),
        "left only, blank picture": (False, True),
    }
    found = {
        name: _infill([(mask, _fill(engine, mask, both, blank)) for mask in masks], first=not both)
        for name, (both, blank) in kinds.items()
    }
    long = f"both sides, gap {TOO_LONG} tokens too long"
    found[long] = _infill([(mask, _elastic(loaded, mask, mask.gap + TOO_LONG)) for mask in masks])
    usual = f"both sides, length unknown ({loaded.canvas.default_gap} tokens)"
    found[usual] = _infill([(mask, _elastic(loaded, mask)) for mask in masks])
    return found


def _fill(engine: DiffusionEngine, mask: _Mask, both: bool, blank: bool) -> Done:
    """Fill at the true length; with nothing behind the gap it is open to the canvas's end."""
    behind = (Gap("gap", mask.gap), Fixed("after", mask.after)) if both else (Gap("gap"),)
    segments = (Fixed("before", mask.before), *behind)
    return _run(engine, mask.case, mask.style, segments, 0, blank)


def _elastic(loaded: Loaded, mask: _Mask, length: int | None = None) -> Done:
    """Fill a gap of unknown length, for which the engine reserves ``length`` tokens."""
    reserved = loaded.canvas.default_gap if length is None else length
    engine = DiffusionEngine(replace(loaded, canvas=replace(loaded.canvas, default_gap=reserved)))
    segments = (Fixed("before", mask.before), Gap("gap"), Fixed("after", mask.after))
    return _run(engine, mask.case, mask.style, segments, 0)


def _infill(pairs: list[tuple[_Mask, Done]], first: bool = False) -> Infill:
    """Mark fills; of those with an open end only the first sentence counts."""
    said = [_first(done.fills[0].text) if first else done.fills[0].text for _, done in pairs]
    both = [(text.strip(), mask.sentence) for text, (mask, _) in zip(said, pairs, strict=True)]
    return Infill(
        f1=figure([token_f1(a, b) for a, b in both]),
        exact=figure([a == b for a, b in both]),
        label=figure([same_label(a, b) for a, b in both]),
        fluent=figure([accepted(a) for a, _ in both]),
        steps=float(np.mean([done.steps for _, done in pairs])),
        milliseconds=1000 * float(np.median([done.elapsed for _, done in pairs])),
    )


def _first(text: str) -> str:
    found = report_sentences(text)
    return found[0] if found else ""


def _most_frequent(reports: int = 2000) -> str:
    """Return the sentence that the middle of a report holds most often."""
    rng = np.random.default_rng(0)
    counted: Counter[str] = Counter()
    for index in range(reports):
        body = write(draw_case(index).findings, "terse" if index % 2 else "full", rng).body
        counted[body[len(body) // 2]] += 1
    return counted.most_common(1)[0][0]
