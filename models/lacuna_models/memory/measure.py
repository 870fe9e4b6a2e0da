"""What a run really holds at its highest point, on a CPU and on CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_of(run: Callable[[], object], device: torch.device) -> int:
    """Return the bytes at the highest point of a run, above those at its start.

    On CUDA it is the allocator's own figure. On a CPU, which has none, every operation's results
    are followed for as long as they live; what an operation needs within itself is not seen.
    """
    if device.type == "cuda":
        return _peak_on_cuda(run, device)
    with _Ledger() as ledger:
        run()
    peak: int = ledger.peak
    return peak


class _Ledger(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows every storage that an operation makes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._held: dict[int, tuple[Any, int]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        known = {_key(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)}
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor) and _key(leaf) not in known | self._held.keys():
                storage = leaf.untyped_storage()
                weak: Any = StorageWeakRef(storage)  # type: ignore[no-untyped-call]
                self._held[_key(leaf)] = (weak, storage.nbytes())
        self._held = {k: held for k, held in self._held.items() if not held[0].expired()}
        self.peak = max(self.peak, sum(size for _, size in self._held.values()))
        return result


def _key(tensor: Tensor) -> int:
    if tensor.layout != torch.strided:  # oneDNN's packed weights have no storage to look at
        return id(tensor)
    place: int = tensor.untyped_storage()._cdata
    return place


def _peak_on_cuda(run: Callable[[], object], device: torch.device) -> int:
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before
