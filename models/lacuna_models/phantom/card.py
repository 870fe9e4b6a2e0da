"""The model card: what the checkpoint is, how it was made, and its figures, as Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError
from lacuna_models.phantom.evaluate import Card

_HEAD = """# Lacuna phantom

A small `DiffusionGemmaForBlockDiffusion` that ships with Lacuna, so that the program can be tried,
tested and measured where the 26 B checkpoint is not at hand.

**It is a demonstrator, and not for patients.** It has seen nothing but synthetic chest phantoms:
schematic radiographs drawn by `lacuna_models.phantom`, 128 by 128 pixels, with reports from a
closed grammar. It knows eight things (heart size, effusion right and left, pneumothorax,
consolidation, nodule, endotracheal tube, pacemaker). Shown any other picture it will still write a
report: those words mean nothing, and Lacuna marks them so. Its figures say that the mechanism works
(it reads the picture, it uses both sides of a gap), and nothing about radiology.
"""

_LIMITS = """## What to know

- Combinations in which one finding hides another (fluid over a nodule, say) are never drawn.
- Held-out phantoms differ from the training ones by seed: other chests, other combinations as they
  fall, the same grammar. The figures are of one training run.
- An answer that is not given counts as "absent", so an empty report already gets about the share of
  `most frequent answer`.
- The picture fixes every label in training: a typed sentence against the picture stays as typed,
  but the model's other sentences mostly go on following the picture.
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


def model_card(folder: Path, card: Card, machine: str) -> str:
    """Word the card of a checkpoint folder.

    Raises:
        EngineError: if the folder does not say how it was trained.
    """
    made = _training(folder)
    return "\n".join((_HEAD, _making(made, machine), _figures(card), _LIMITS))


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
    lacuna-models phantom export --run RUN --out models/lacuna_phantom

{made["parameters"] / 1e6:.2f} M parameters (bf16), from scratch, on {machine}:
{made["vision_steps"]} steps of vision ({made["vision_seconds"] / 60:.0f} min, 32 pictures each, a
classifier of the findings over the projected tokens), then {made["language_steps"]} steps of
language ({made["language_seconds"] / 60:.0f} min, 32 canvases each, vision frozen), on
{made["pictures"]:,} phantoms whose reports are worded anew each time. Uniform noise on the report:
whole drafts, typed beginnings, and gaps between clean words, a good half of these with padding
inside; {made["grey_share"]:.0%} of the pictures replaced by grey. Muon and AdamW, 3e-3, falling
from a third of the run on. The seed gives the data and the first weights; the learning rate follows
the clock, so another machine's weights will differ.
"""


def _figures(card: Card) -> str:
    return f"""## Figures

By `lacuna-models phantom evaluate --drafts {card.drafts["label accuracy"].n}
--infills {card.frequent_f1.n} --seed {card.seed}`, through the engine's own loop with this folder's
sampler settings, on held-out phantoms; weights {card.model_hash[:12]}. Intervals by bootstrap over
items. Times are on one thread of a machine that was busy with other work.

{card.table()}

Swapped: the drafts judged against another case's picture. Infill: the middle sentence of the
findings is taken out; both sides at the true length; left only with all that follows taken away
too, first sentence counted. Label equal: the sentence says the same of every group. Phrasing is
free, so token-F1 cannot reach 1.
"""
