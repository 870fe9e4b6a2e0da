"""How sure a proposal looks: by what its checkpoint was measured to be worth, never by default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lacuna.ui.editor.layers import Certainty, certainty
from tests.desktop.report.builders import fill


@pytest.mark.parametrize(
    ("entropy", "expected"),
    [(0.005, Certainty.SURE), (0.02, Certainty.LESS), (0.4, Certainty.UNSURE)],
)
def test_a_measured_checkpoint_tells_three_levels(entropy: float, expected: Certainty) -> None:
    proposal = fill("No effusion.", entropy=entropy)
    measured = replace(proposal, origin=replace(proposal.origin, certainty=(0.01, 0.03)))
    assert certainty(measured) is expected


def test_of_an_unmeasured_checkpoint_nothing_looks_sure() -> None:
    assert certainty(fill("No effusion.", entropy=0.0)) is Certainty.LESS
