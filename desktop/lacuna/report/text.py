"""Which characters a report may hold, and how foreign text is brought to that.

The document that shows a report cannot keep a few characters: it turns carriage returns and
paragraph separators into new paragraphs, and uses some noncharacters as marks of its own. They
are cleaned out where text enters (a paste, a model's words), never inside a report: a fixed
span must come back byte for byte.
"""

from __future__ import annotations

import re

from lacuna.errors import UserFacingError

_FOREIGN = re.compile("[\x00\r\u2029\ufdd0\ufdd1\ufffc\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|\r|\u2029")


def clean(text: str) -> str:
    """Return the text with plain line ends and without what a report cannot hold."""
    return _FOREIGN.sub("", _LINE_ENDS.sub("\n", text))


def check(text: str) -> None:
    """Refuse text that the editor could not show and give back unchanged.

    Raises:
        UserFacingError: naming the first such character.
    """
    found = _FOREIGN.search(text)
    if found:
        raise UserFacingError(
            f"The report holds a character that cannot be edited (U+{ord(found[0]):04X}).",
            "Save the text with plain line ends and without control characters.",
        )
