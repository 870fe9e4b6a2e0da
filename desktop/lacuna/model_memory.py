"""Whether a checkpoint fits this computer, said before it is loaded. Slow: imports torch."""

from __future__ import annotations

from pathlib import Path

from lacuna.errors import UserFacingError


def memory_words(folder: Path | None) -> str:
    """Say what a checkpoint folder needs here; None is the real 26 B one. Any thread.

    Raises:
        UserFacingError: it is no checkpoint, or a damaged one.
    """
    from lacuna_models.api import EngineError
    from lacuna_models.memory.plan import plans, real_plans
    from lacuna_models.memory.words import advice

    free, cuda = room()
    try:
        known = real_plans() if folder is None else plans(folder)
    except EngineError as error:
        raise UserFacingError(error.message, error.remedy) from error
    return advice(known, free, cuda=cuda)


def room() -> tuple[int, bool]:
    """Return how many bytes are free where a model would lie, and whether that is a CUDA card."""
    import psutil  # type: ignore[import-untyped]
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0]), True
    return int(psutil.virtual_memory().available), False
