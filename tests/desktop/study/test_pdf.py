"""Pages of PDFs: drawn in a process that may die over them; damage is one sentence."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from lacuna.errors import UserFacingError
from lacuna.study import pdf
from tests.helpers import pdf as written

LETTER = written.write([["Dear colleague,", "thank you."], [], ["Yours"]])


@pytest.fixture(scope="module", autouse=True)
def _none_left() -> Iterator[None]:
    yield
    pdf.close()


def test_each_page_is_drawn_as_wide_as_wanted() -> None:
    assert pdf.page_sizes(LETTER) == ((595.0, 842.0),) * 3
    first, empty = pdf.draw_page(LETTER, 0, 300), pdf.draw_page(LETTER, 1, 300)
    assert first.shape == (425, 300, 3)
    assert first.min() < 128
    assert first[:20].min() == 255  # the words begin below the margin
    assert empty.min() == 255


def test_a_huge_page_comes_smaller() -> None:
    banner = written.write([["wide"]], size=(400, 14000))
    rows, columns, _ = pdf.draw_page(banner, 0, 4000).shape
    assert rows * columns < 33 << 20
    assert rows / columns == pytest.approx(35, rel=0.01)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", LETTER[:200], b"%PDF-1.4\n%%EOF\n"])
def test_a_damaged_document_is_one_sentence(data: bytes) -> None:
    with pytest.raises(UserFacingError, match=r"^This PDF is damaged, and cannot be drawn\.$"):
        pdf.page_sizes(data)


def test_a_page_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(UserFacingError, match="page is damaged"):
        pdf.draw_page(LETTER, 9, 300)


def test_mutated_documents_are_drawn_or_refused() -> None:
    rng, said = random.Random(5), set[str]()
    for _ in range(60):
        data = bytearray(LETTER)
        for _ in range(rng.randint(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            for number in range(len(pdf.page_sizes(bytes(data)))):
                pdf.draw_page(bytes(data), number, 64)
        except UserFacingError as error:
            said.add(error.message)
    assert said <= {pdf.DAMAGED, pdf.TORN, pdf.BLANK, pdf.LOCKED}
    assert pdf.page_sizes(LETTER)
