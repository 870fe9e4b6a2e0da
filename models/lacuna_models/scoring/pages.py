"""A report laid on canvases, each behind the context that it is read in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lacuna_models import context
from lacuna_models.api import ImageInput, Prompt, Segment
from lacuna_models.context import Context, Contexts
from lacuna_models.loading import Loaded
from lacuna_models.scoring.noise import Readout, read
from lacuna_models.scoring.placing import Sheet, sheets

_GREY = 128


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One canvas of a report and what the model has seen before it."""

    loaded: Loaded
    sheet: Sheet
    seen: Context

    def read(self, noisy: Sequence[Sequence[int]], places: Sequence[int], seed: int) -> Readout:
        """Read ``places`` with draws at ``noisy``, one entry a row; gaps are draws in every row."""
        rows = [(*row, *self.sheet.gaps) for row in noisy]
        return read(self.loaded, self.seen, self.sheet.ids, rows, places, seed)


def pages(
    loaded: Loaded, contexts: Contexts, prompt: Prompt, segments: Sequence[Segment]
) -> Iterator[Page]:
    """Yield a report's pages; each has seen the text of those before it.

    Raises:
        EngineError: a sentence with gaps that no canvas holds, or pictures that do not fit.
    """
    laid = sheets(segments, loaded.vocabulary, loaded.canvas)
    seen = contexts.get(prompt)
    for number, sheet in enumerate(laid):
        yield Page(loaded, sheet, seen)
        if number + 1 < len(laid):
            seen = context.extend(loaded, seen, [sheet.ids[t.position] for t in sheet.tokens])


def without_pictures(prompt: Prompt) -> Prompt:
    """Return the prompt with grey pictures of the same shapes: no picture at all was never seen."""
    return replace(prompt, images=tuple(_grey(image) for image in prompt.images))


def _grey(image: ImageInput) -> ImageInput:
    return replace(image, pixels=np.full_like(image.pixels, _GREY))
