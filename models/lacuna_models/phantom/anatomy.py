"""One person's chest: the numbers that vary from phantom to phantom.

Lengths are in shares of the picture's side, x to the image's right, y down, origin in the middle
of the picture; so a phantom has the same geometry at every size. Angles are in radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lacuna_models.phantom.cases import Rng, Side

SIGN = {Side.RIGHT: -1.0, Side.LEFT: 1.0}  # the patient's right is on the image's left


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A chest and how it was exposed."""

    turn: float  # rotation in the plane of the picture
    shift: tuple[float, float]
    scale: float
    shoulder: float  # half width of the body at the shoulders
    waist: float
    lung_inner: float
    lung_outer: float
    apex: float  # y of the lung tips
    dome: tuple[float, float]  # y of the right and left diaphragm
    heart: float  # stretch of a normal heart
    rib_gap: float
    rib_phase: float
    rib_contrast: float
    clavicle: float  # slope
    yaw: float  # how far the clavicles lie off the spine when the patient stands turned
    vessels: float
    vessel_phase: tuple[float, float, float, float]
    aorta: float
    gas: float  # size of the gastric bubble
    exposure: float
    contrast: float
    gamma: float
    noise: float  # standard deviation of the grain, in grey of 0..1

    def dome_of(self, side: Side) -> float:
        """Return the height of a side's diaphragm."""
        return self.dome[0] if side is Side.RIGHT else self.dome[1]


def draw_anatomy(rng: Rng) -> Anatomy:
    """Draw a chest."""
    dome = rng.uniform(0.19, 0.31)  # shallow to deep inspiration
    return Anatomy(
        turn=rng.normal(0, 0.03),
        shift=(rng.normal(0, 0.014), rng.normal(0, 0.014)),
        scale=rng.uniform(0.95, 1.05),
        shoulder=rng.uniform(0.47, 0.53),
        waist=rng.uniform(0.41, 0.47),
        lung_inner=rng.uniform(0.045, 0.06),
        lung_outer=rng.uniform(0.34, 0.385),
        apex=rng.uniform(-0.41, -0.37),
        dome=(dome, dome + rng.uniform(0.015, 0.035)),
        heart=rng.uniform(0.96, 1.04),
        rib_gap=rng.uniform(0.072, 0.084),
        rib_phase=rng.uniform(0, 1),
        rib_contrast=rng.uniform(0.6, 1.2),
        clavicle=rng.uniform(0.12, 0.3),
        yaw=rng.uniform(-0.012, 0.012),
        vessels=rng.uniform(0.7, 1.2),
        vessel_phase=tuple(rng.uniform(0, 2 * np.pi, 4)),
        aorta=rng.uniform(0.8, 1.2),
        gas=rng.uniform(0.7, 1.2),
        exposure=rng.normal(0, 0.03),
        contrast=rng.uniform(0.88, 1.14),
        gamma=rng.uniform(0.88, 1.14),
        noise=rng.uniform(0.0, 0.035),
    )
