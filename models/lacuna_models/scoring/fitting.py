"""How well a wording fits in its place: noised again in halves, how likely is what stood there?

All wordings of a place are read in a gap of one length, the rest of it padding that is noised and
scored with the words. Read at its own length, a sentence that breaks off looks likely: the model is
told that there is no room for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lacuna_models.api import Exact, Fixed, Gap, RewriteRequest
from lacuna_models.scoring.desk import Desk
from lacuna_models.scoring.pages import Page
from lacuna_models.scoring.restyle import Around
from lacuna_models.search.rescoring import Written, halves

_DRAWS = 4  # of the halves
_SPARE = 2  # positions of padding behind the longest wording


@dataclass(frozen=True, slots=True, eq=False)
class Fitting:
    """Scores wordings with a loaded model, on the thread that owns it."""

    desk: Desk

    def __call__(
        self, request: RewriteRequest, around: Around, texts: Sequence[str]
    ) -> list[float]:
        """Return nats a position of each text between what stands around it; higher is better.

        Raises:
            EngineError: the report cannot be laid out.
        """
        loaded = self.desk.loaded
        lead = " " if around.before.endswith(" ") else ""  # the engine leaves it to the gap
        spelled = [loaded.vocabulary.ids(lead + text) for text in texts]
        longest = max(map(len, spelled)) + _SPARE
        with loaded.thinking_with(request.adapter):
            return [
                self._score(request, around, ids, longest if loaded.canvas.elastic else len(ids))
                for ids in spelled
            ]

    def _score(
        self, request: RewriteRequest, around: Around, ids: Sequence[int], length: int
    ) -> float:
        page = self._page(request, around, length)
        at = page.sheet.gaps[0]
        padding = [self.desk.loaded.vocabulary.marks.pad] * (length - len(ids))
        canvas = (*page.sheet.ids[:at], *ids, *padding, *page.sheet.ids[at + length :])
        # The same draws for all: what differs is the wording.
        written = Written(canvas, (page.sheet.gaps,))
        scores = halves(self.desk.loaded, page.seen, [written], draws=_DRAWS, seed=request.seed)
        return scores[0][0]

    def _page(self, request: RewriteRequest, around: Around, length: int) -> Page:
        """Return the canvas on which the place is, behind what stands on those before it."""
        parts = (
            Fixed("before", around.before),
            Gap("wording", Exact(length)),
            Fixed("after", around.after),
        )
        return next(page for page in self.desk.pages(request.prompt, parts) if page.sheet.gaps)
