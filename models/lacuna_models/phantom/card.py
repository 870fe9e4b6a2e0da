"""The model card: what the checkpoint is, how it was made, and its figures, as Markdown."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError
from lacuna_models.phantom.evaluation.measure import Plan
from lacuna_models.phantom.evaluation.tables import Card

_HEAD = """# Lacuna phantom

A small `DiffusionGemmaForBlockDiffusion` that ships with Lacuna, so that the program can be tried,
tested and measured where the 26 B checkpoint is not at hand.

**It is a demonstrator, and not for patients.** It has seen nothing but synthetic chest phantoms:
schematic radiographs drawn by `lacuna_models.phantom`, 128 by 128 pixels, with reports from a
closed grammar. It knows fifteen things: heart size, effusion right and left, pneumothorax,
consolidation, nodule and its size, granuloma, atelectasis, interstitial oedema, hiatus hernia,
fracture of a clavicle, endotracheal tube, central venous line and its tip, pacemaker. Shown any
other picture it will still write a report: those words mean nothing, and Lacuna marks them so. Its
figures say that the mechanism works (it reads the picture, it uses both sides of a gap), and
nothing about radiology.
"""

_LIMITS = """## What to know

- Combinations in which one finding hides another (fluid over a nodule, say) are never drawn.
- Held-out phantoms differ from the training ones by seed and by combination of findings: one
  combination in eight is never trained on, and most held-out cases are of these. Three houses of
  wording are never trained on either; their infills stand apart.
- An answer that is not given counts as "absent", so an empty report already gets about the share of
  `most frequent answers`.
- Gaps are elastic: a gap that is longer than what there is to say ends in padding, which Lacuna
  drops; `lacuna.json` tells it so. A section's whole text as one gap needs more than the usual
  reserve: `section_gap_tokens` there.
- Text outside the grammar comes back from the tokenizer byte for byte; the model does not know what
  it means.

## Use

Plain transformers loads it: `DiffusionGemmaForBlockDiffusion.from_pretrained(folder)`,
`AutoTokenizer.from_pretrained(folder)`, `Gemma4ImageProcessorPil.from_pretrained(folder)` (the
stock `AutoProcessor` needs torchvision). A square picture takes 64 tokens. Licence: Apache-2.0.
"""


def model_card(folder: Path, card: Card, plan: Plan, machine: str) -> str:
    """Word the card of a checkpoint folder.

    Raises:
        EngineError: if the folder does not say how it was trained.
    """
    made = _training(folder)
    return "\n".join((_HEAD, _making(made, machine), _figures(card, plan), _LIMITS))


def _training(folder: Path) -> dict[str, Any]:
    said = json.loads((folder / "lacuna.json").read_text(encoding="utf-8"))
    if "training" not in said:
        raise EngineError(f"{folder.name} does not say how it was trained.", "Export it anew.")
    training: dict[str, Any] = said["training"]
    return training


def _making(made: dict[str, Any], machine: str) -> str:
    return f"""## How it was made

    lacuna-models phantom train --out RUN --minutes {made["minutes"]:g} \\
        --vision-minutes {made["vision_minutes"]:g} --seed {made["seed"]}
{_following_command(made)}    lacuna-models phantom export --run RUN --out models/lacuna_phantom

{made["parameters"] / 1e6:.2f} M parameters (bf16), from scratch, on {machine}:
{made["vision_steps"]} steps of vision ({_minutes(made, "vision")}, 32 pictures each, a classifier
of the findings over the projected tokens), then {made["language_steps"]} steps of language
({_minutes(made, "language")}, 32 canvases each, vision frozen), on {made["pictures"]:,} phantoms
whose reports are worded anew each time. Uniform noise on the report: whole drafts, typed
beginnings, answers to questions, and gaps between clean words, a good half of these with padding
inside; {made["grey_share"]:.0%} of the pictures beside gaps replaced by grey{_planted(made)}. Muon
and AdamW, 3e-3, falling from a third of the run on. The seed gives the data and the first weights;
the learning rate follows the clock, so another machine's weights will differ.
{_following(made)}"""


def _minutes(made: dict[str, Any], phase: str) -> str:
    return f"{made[f'{phase}_seconds'] / 60:.0f} min"


def _planted(made: dict[str, Any]) -> str:
    share = made.get("planted_share")
    return f", and beside {share:.0%} an anchor that the picture contradicts" if share else ""


def _following_command(made: dict[str, Any]) -> str:
    if not made.get("reader_steps"):
        return ""
    minutes = made["reader_seconds"] / 60
    return f"    lacuna-models phantom follow --run RUN --minutes {minutes:.0f}\n"


def _following(made: dict[str, Any]) -> str:
    if not made.get("reader_steps"):
        return ""
    return f"""
Then the adapter `reader` ({made["reader_steps"]} steps, {_minutes(made, "reader")}): a LoRA under
which what stands in the report is right, whatever the picture shows. Without it the model keeps its
own opinion.
"""


def _figures(card: Card, plan: Plan) -> str:
    asked = " ".join(f"--{name} {value}" for name, value in asdict(plan).items())
    return f"""## Figures

By `lacuna-models phantom evaluate {asked}`{_beside(card)}, through the engine's own loop with this
folder's sampler settings, on held-out phantoms; weights {card.model_hash[:12]}. Intervals are 95 %,
by bootstrap over items. Times are on one thread of a machine that was busy with other work, the
prompt encoded before.

{card.markdown()}
"""


def _beside(card: Card) -> str:
    if not card.sibling:
        return ""
    return (
        " beside the autoregressive sibling (`phantom train --sibling`: `Gemma4ForConditional"
        "Generation` of the same size, data and recipe)"
    )
