"""Where a run is trained: the device, its clock and who watches. It decides nothing that is learnt.

On a CPU the clock counts the time that the process computed (all threads together), so that a
machine which is shared costs a run nothing; on a GPU, which works while the process waits, it
counts the time on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from lacuna_models.loading import pick_device
from lacuna_models.phantom.display import Display, Lines

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Machine:
    """A device, and how many threads a CPU may use. ``clock`` stands in for the device's own."""

    device: torch.device = CPU
    threads: int = 1
    display: Display = field(default_factory=Lines)
    clock: Callable[[], float] | None = None

    def now(self) -> float:
        """Return seconds by which training is counted; only differences mean something."""
        if self.clock is not None:
            return self.clock()
        return time.process_time() if self.device.type == "cpu" else time.monotonic()

    def start(self) -> None:
        """Set torch's threads; for the whole process."""
        torch.set_num_threads(self.threads)


def pick_machine(device: str, threads: int, display: Display) -> Machine:
    """Return a machine by its device's name; ``auto`` takes CUDA where there is some.

    Raises:
        EngineError: a device that this computer does not have.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return Machine(pick_device(device), threads, display)
