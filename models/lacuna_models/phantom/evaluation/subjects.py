"""Held-out phantoms with what is asked of them, and true reports to compare with. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from lacuna_models.api import ImageInput, Origin, Prompt
from lacuna_models.phantom.cases import Case, Rng, draw_case
from lacuna_models.phantom.grammar import (
    STYLES,
    Prior,
    Report,
    Style,
    draw_prior,
    word_prior,
    write,
)
from lacuna_models.phantom.phrases import PRIORS
from lacuna_models.phantom.picture import render
from lacuna_models.phantom.pictures import GREY, SIZE, held_out_seeds


@dataclass(frozen=True, slots=True)
class Subject:
    """A held-out phantom, what is asked for, and one true report of that kind.

    ``voice`` is the seed of the report's wording; another report in one voice differs by its
    findings alone.
    """

    case: Case
    style: Style
    voice: tuple[int, ...]
    prior: Prior | None = None
    wording: int = 0
    impression_first: bool = False
    unseen: bool = False

    @property
    def report(self) -> Report:
        """A true report."""
        return self.told(self.case)

    def told(self, case: Case) -> Report:
        """Return a report of a case's findings in this subject's voice."""
        return write(
            case.findings,
            self.style,
            np.random.default_rng(self.voice),
            prior=self.prior,
            impression_first=self.impression_first,
            unseen=self.unseen,
        )

    @property
    def prompt(self) -> Prompt:
        """What the model is told, the picture included."""
        return Prompt(
            images=(picture(self.case),),
            style=self.style,
            impression_first=self.impression_first,
            prior=word_prior(self.prior, self.wording) if self.prior else "",
        )


@lru_cache(maxsize=2048)
def picture(case: Case) -> ImageInput:
    """Return the picture of a case; the latest are remembered."""
    return ImageInput(render(case, SIZE).astype(np.uint8), Origin.PHANTOM)


@lru_cache(maxsize=1)
def _grey() -> ImageInput:
    return ImageInput(np.full((SIZE, SIZE), GREY, np.uint8), Origin.PHANTOM)


def blanked(prompt: Prompt) -> Prompt:
    """Return a prompt with an even grey in the picture's place."""
    return replace(prompt, images=(_grey(),))


def subjects(count: int, seed: int, *, plain: bool = False, unseen: bool = False) -> list[Subject]:
    """Draw subjects; all of it follows from the seed.

    Styles take turns; one in four has a prior and one in five its impression first, unless they
    shall be ``plain``. ``unseen`` takes houses of wording that no training run has seen.
    """
    drawn = []
    for index, number in enumerate(held_out_seeds(count, seed)):
        case, rng = draw_case(number), np.random.default_rng([number, 11])
        prior = draw_prior(case.findings, rng) if index % 4 == 3 and not plain else None
        drawn.append(
            Subject(
                case=case,
                style=STYLES[index % len(STYLES)],
                voice=(number, 12),
                prior=prior,
                wording=int(rng.integers(len(PRIORS))),
                impression_first=index % 5 == 4 and not plain,
                unseen=unseen,
            )
        )
    return drawn


def generator(subject: Subject, purpose: int) -> Rng:
    """Return a generator of a subject's own, one for each purpose."""
    return np.random.default_rng([subject.case.seed, purpose])
