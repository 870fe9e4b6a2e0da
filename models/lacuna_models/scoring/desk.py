"""What scoring works with, and what a measure yields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lacuna_models.api import Prompt, ScoreBounds, Segment, SpanScore
from lacuna_models.context import Contexts
from lacuna_models.loading import Loaded
from lacuna_models.scoring.pages import Page, pages


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """A loaded model and its contexts. One thread owns it, as it owns the model."""

    loaded: Loaded
    contexts: Contexts

    def pages(self, prompt: Prompt, segments: tuple[Segment, ...]) -> Iterator[Page]:
        """Yield the pages of a report under a prompt."""
        return pages(self.loaded, self.contexts, prompt, segments)

    @property
    def bounds(self) -> ScoreBounds | None:
        """The checkpoint's own bounds."""
        return self.loaded.info.bounds


Found = Iterator[tuple[Page, list[SpanScore]]]
