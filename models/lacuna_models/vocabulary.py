"""A checkpoint's tokens as bytes: text to ids with exact places, ids back to text. Torch-free.

Offsets are counted in UTF-8 bytes of our own making, from each token's surface: tokenizers report
code points, bytes or whole characters for byte tokens, and no two agree.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lacuna_models.api import EngineError

_SPACE = "\u2581"  # how metaspace tokenizers write a space
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_UNUSED = re.compile(r"<unused\d+>")
_PROBE = "The heart is normal.\n\nNo effusion: café 7 mm."


class HfTokenizer(Protocol):
    """The part of a Hugging Face fast tokenizer that is used here."""

    @property
    def added_tokens_decoder(self) -> Mapping[int, Any]:
        """Added tokens by id; each has ``special``."""
        ...

    def __len__(self) -> int: ...

    def __call__(self, text: str, **options: Any) -> Mapping[str, Any]:
        """Tokenise; ``input_ids`` is among the answers."""
        ...

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        """Return the vocabulary's own spelling of each id."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """An id and the bytes of the text that it covers, ``start`` <= b < ``stop``."""

    id: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Ids with a meaning of their own.

    Attributes:
        pad: filler after the end of a reply, and in the gaps of an elastic checkpoint.
        turn: what ends a reply.
        ends: every id that ends a reply, ``turn`` among them.
    """

    pad: int
    turn: int
    ends: frozenset[int]


class Vocabulary:
    """A tokenizer seen as a list of byte strings.

    Raises:
        EngineError: if the tokenizer does not give back plain text (not a metaspace one).
    """

    def __init__(self, tokenizer: HfTokenizer, size: int, marks: Marks) -> None:
        """Read every surface. ``size`` is the model's vocabulary, which may be the larger."""
        self.size = size
        self.marks = marks
        self._tokenizer = tokenizer
        known = min(len(tokenizer), size)
        self._surfaces = _surfaces(tokenizer.convert_ids_to_tokens(list(range(known))))
        special = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
        for i in special & set(range(known)):
            self._surfaces[i] = b""
        self._spellings = frozenset(self._surfaces)
        self.unwritable = frozenset(self._unwritable(special, known)) | marks.ends | {marks.pad}
        if self.encode(_PROBE) is None:
            raise EngineError("This checkpoint's tokenizer is of a kind that Lacuna cannot read.")

    def _unwritable(self, special: Collection[int], known: int) -> Iterable[int]:
        """Yield ids that no text may hold: template tokens, control bytes, empty rows."""
        yield from special
        yield from range(known, self.size)
        for i, surface in enumerate(self._surfaces):
            if not surface or _is_control(surface) or _UNUSED.fullmatch(surface.decode("latin-1")):
                yield i

    def ids(self, text: str) -> list[int]:
        """Tokenise as plain text: a special token's name that was typed stays a typed name."""
        answer = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(answer["input_ids"])

    def encode(self, text: str) -> tuple[Token, ...] | None:
        """Tokenise and place each token, or None where the tokens do not spell the text."""
        ids = self.ids(text)
        spelled = b"".join(self._surfaces[i] for i in ids)
        want = text.encode()
        # Some metaspace tokenizers put a space before the first word.
        shift = -1 if spelled == b" " + want and ids else 0
        if shift == 0 and spelled != want:
            return None
        tokens, at = [], shift
        for i in ids:
            stop = at + len(self._surfaces[i])
            tokens.append(Token(i, max(at, 0), stop))
            at = stop
        return tuple(tokens)

    def begins_word(self, token: int) -> bool:
        """Whether a token without a space is one that the vocabulary also has after a space."""
        surface = self._surfaces[token]
        return surface[:1].isalnum() and b" " + surface in self._spellings

    def texts(self, ids: Sequence[int], errors: str = "replace") -> list[str]:
        """Return one text a token; a character of several tokens stands at its last one.

        ``errors`` says what becomes of bytes that are no UTF-8: "replace" shows U+FFFD, "ignore"
        drops them.
        """
        decoder = codecs.getincrementaldecoder("utf-8")(errors)
        texts = [decoder.decode(self._surfaces[i]) for i in ids]
        if texts:
            texts[-1] += decoder.decode(b"", final=True)
        return texts


def _surfaces(names: Sequence[str]) -> list[bytes]:
    return [_surface(name) for name in names]


def _surface(name: str) -> bytes:
    byte = _BYTE.fullmatch(name)
    if byte:
        return bytes([int(byte[1], 16)])
    return name.replace(_SPACE, " ").encode()


def _is_control(surface: bytes) -> bool:
    """Whether a surface is a control byte that no report holds; tab and line feed may pass."""
    return (
        len(surface) == 1 and (surface[0] < 0x20 or surface[0] == 0x7F) and surface not in b"\t\n"
    )
