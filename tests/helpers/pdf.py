"""PDF documents written by hand: pages of A4, words in Helvetica."""

from __future__ import annotations

from collections.abc import Sequence

A4 = (595, 842)


def write(pages: Sequence[Sequence[str]], size: tuple[float, float] = A4) -> bytes:
    """Return a PDF whose pages hold these lines, without brackets or backslashes."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, lines in enumerate(pages):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]} {size[1]}]"
            f"/Resources<</Font<</F 3 0 R>>>>/Contents {5 + 2 * number} 0 R>>"
        )
        words = " ".join(f"({line}) Tj T*" for line in lines)
        drawn = f"BT /F 14 Tf 22 TL 64 {size[1] - 90} Td {words} ET"
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    return _file(objects)


def _file(objects: Sequence[str]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, words in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj{words}endobj\n".encode()
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    foot = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + head + table + foot.encode()
