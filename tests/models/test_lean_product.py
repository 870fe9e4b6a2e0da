"""Packed products equal torch's; where they are missing or wrong, torch's serve, and it is said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import gelu

from lacuna_models.lean import product
from lacuna_models.lean.product import SIZES, Product, has_onednn

WEIGHT = torch.randn(70, 48, generator=torch.Generator().manual_seed(4))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    has_onednn.cache_clear()
    yield
    has_onednn.cache_clear()


@pytest.mark.parametrize("rows", [1, *SIZES, SIZES[-1] + 1, 128])
@pytest.mark.parametrize("packed", [True, False])
def test_products_equal_torchs(rows: int, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not packed:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    x = torch.randn(rows, 48, generator=torch.Generator().manual_seed(rows))
    wide = torch.cat([x, x], dim=1)[:, 48:]  # a slice, as the step hands some over
    made = Product(WEIGHT)
    plain = x @ WEIGHT.t()
    with torch.inference_mode():
        for rows_ in (x, wide):
            for ours, theirs in (
                (made(rows_), plain),
                (made.gelu(rows_), gelu(plain, approximate="tanh")),
                (made.tanh(rows_), plain.tanh()),
                (made.times(rows_, plain), plain * plain),
            ):
                torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("fault", ["missing", "wrong"])
def test_without_right_packed_products_torchs_serve_and_it_is_said(
    fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    wrong = SimpleNamespace(
        _reorder_linear_weight=lambda weight, rows: weight,
        _linear_pointwise=lambda x, weight, *rest: torch.zeros(len(x), len(weight)),
    )
    lacking = SimpleNamespace()
    monkeypatch.setattr(product, "_onednn", lambda: wrong if fault == "wrong" else lacking)
    with caplog.at_level(logging.WARNING):
        x = torch.ones(SIZES[0], 48)
        torch.testing.assert_close(Product(WEIGHT)(x), x @ WEIGHT.t())
    assert "steps are slower" in caplog.text
