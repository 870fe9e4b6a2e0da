"""A product of rows with a weight, by oneDNN with the weight laid out for it once.

Torch's own product of float32 rows goes through MKL, which on AMD processors leaves half of the
peak unused, and an activation behind it is one more pass over the result. Inductor's operations on
packed weights do both at once. They are no public interface: where they are missing, or answer
something else than torch does, torch's product serves, and the log says so once.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import gelu, pad

# oneDNN writes code for every number of rows that it meets first, for some 0.7 ms: few rows are
# filled up to one of these, which is faster than torch's product of the few all the same.
SIZES = (16, 32, 48, 64)
_LOG = logging.getLogger(__name__)


class Product:
    """Rows times a weight of (out, in), without bias; float32 on a CPU."""

    def __init__(self, weight: Tensor) -> None:
        """Take a copy of the weight."""
        self.across = weight.detach().t().contiguous()
        self._packed = _pack(weight.detach().contiguous()) if has_onednn() else None

    def __call__(self, x: Tensor) -> Tensor:
        """Return (n, out) of (n, in)."""
        if self._packed is None:
            return x @ self.across
        return _cut(_fused(_filled(x), self._packed, "none"), x)

    def gelu(self, x: Tensor) -> Tensor:
        """Return the product behind upstream's activation, a GELU by tanh."""
        if self._packed is None:
            return gelu(x @ self.across, approximate="tanh")
        return _cut(_fused(_filled(x), self._packed, "gelu"), x)

    def tanh(self, x: Tensor) -> Tensor:
        """Return the tanh of the product."""
        if self._packed is None:
            return (x @ self.across).tanh_()
        return _cut(_fused(_filled(x), self._packed, "tanh"), x)

    def times(self, x: Tensor, other: Tensor) -> Tensor:
        """Return the product multiplied by ``other``, (n, out), element by element."""
        if self._packed is None:
            return (x @ self.across).mul_(other)
        result: Tensor = _onednn()._linear_pointwise.binary(
            _filled(x), _filled(other), self._packed, None, "mul"
        )
        return _cut(result, x)


@cache
def has_onednn() -> bool:
    """Whether oneDNN's packed products are there and right."""
    there: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not there:
        return False
    dice = torch.Generator().manual_seed(0)
    x, weight = (torch.randn(n, 24, generator=dice) for n in (SIZES[0], 40))
    try:
        with torch.inference_mode():
            said = _fused(x, _pack(weight), "gelu")
    except (AttributeError, RuntimeError, NotImplementedError) as error:
        _LOG.warning("no packed products in this torch (%s): steps are slower", error)
        return False
    right = torch.allclose(said, gelu(x @ weight.t(), approximate="tanh"), atol=1e-4)
    if not right:
        _LOG.warning("packed products are wrong on this processor: steps are slower")
    return right


def _filled(x: Tensor) -> Tensor:
    """Return rows filled up with zeros to a number that oneDNN has met before."""
    rows = next((size for size in SIZES if x.shape[0] <= size), x.shape[0])
    return x if rows == x.shape[0] else pad(x, (0, 0, 0, rows - x.shape[0]))


def _cut(product: Tensor, x: Tensor) -> Tensor:
    return product if product.shape[0] == x.shape[0] else product[: x.shape[0]]


def _onednn() -> Any:
    return torch.ops.mkldnn


def _pack(weight: Tensor) -> Tensor:
    with torch.inference_mode():
        packed: Tensor = _onednn()._reorder_linear_weight(weight, None)
    return packed


def _fused(x: Tensor, packed: Tensor, then: str) -> Tensor:
    kind = "tanh" if then == "gelu" else ""
    result: Tensor = _onednn()._linear_pointwise(x, packed, None, then, [], kind)
    return result
