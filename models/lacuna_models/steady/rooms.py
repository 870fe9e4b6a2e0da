"""A few rooms, a captured graph over each, and the way back where they disagree with upstream."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lacuna_models.steady.room import Room, Shape, make, move_in, shape_of
from lacuna_models.steady.step import think

Forward = Callable[[Tensor, Tensor | None], Tensor]

_KEPT = 4  # rooms; one of the real checkpoint takes some 0.3 GB
_WARM_UPS = 2  # passes before a capture: libraries make their workspaces in them
# Where torch's grouped product needs nothing of the host; elsewhere a capture would fail.
_CAPTURING = ((9, 0), (10, 0))
# Of the logits' spread: bfloat16 alone may part the two by much, where experts are chosen by a
# hair; what goes wrong in a capture parts them by more than the spread.
_APART = 0.5
_LOG = logging.getLogger(__name__)


class Rooms:
    """Rooms of one model, the latest few. The thread that owns the model owns them."""

    def __init__(self, model: Any) -> None:
        """Begin with none."""
        self.model = model
        self.distrusted = False  # whether a room was found to disagree
        self._known: OrderedDict[Shape, Desk] = OrderedDict()

    def get(self, shape: Shape, cache: Any) -> Desk:
        """Return the desk of a shape, made now if need be."""
        if shape not in self._known:
            self._known[shape] = Desk(self.model, make(self.model, cache, shape))
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(shape)
        return self._known[shape]

    def clear(self) -> None:
        """Free their memory."""
        self._known.clear()


class Desk:
    """A room with whoever uses it now, and its graph where one can be captured."""

    def __init__(self, model: Any, room: Room) -> None:
        """Hold the room; it is empty."""
        self.room = room
        self.owner: object = None
        self.trusted = False
        self._model = model
        self._graph: Any = None
        self._logits = torch.empty(0)

    def run(self) -> Tensor:
        """Return (R, F, V) logits, which the next run overwrites."""
        if not captures(self._model):
            return think(self._model, self.room)
        if self._graph is None:
            self._graph, self._logits = self._captured()
        self._graph.replay()
        return self._logits

    def _captured(self) -> tuple[Any, Tensor]:
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                think(self._model, self.room)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits = think(self._model, self.room)
        return graph, logits


class Steady:
    """One canvas of R rows on its way through the steps: a ``Forward``.

    Anchors stand where ``free`` (F,) does not point. ``stock`` is upstream's decoder for the same
    canvas: a room's first logits are held against its own, and where they differ by more than
    rounding, upstream's serve from then on and the log says so.
    """

    def __init__(
        self,
        rooms: Rooms,
        cache: Any,
        prefix: int,
        rows: int,
        free: Tensor,
        adapter: str | None,
        stock: Forward,
    ) -> None:
        """Take an encoded prefix of one row and ``prefix`` tokens, which is only read.

        ``adapter`` is the key of the adapter at work: a graph holds its weights.
        """
        self._rooms, self._cache, self._prefix = rooms, cache, prefix
        self._rows, self._free, self._stock = rows, free, stock
        self._adapter = adapter

    @torch.inference_mode()
    def __call__(self, canvas: Tensor, conditioning: Tensor | None) -> Tensor:
        """Return (R, F, V) logits of (R, C) tokens; the next pass overwrites them."""
        if self._rooms.distrusted:
            return self._stock(canvas, conditioning)
        desk = self._seated(canvas)
        room, count = desk.room, self._free.shape[0]
        room.ids.copy_(canvas)
        room.known.fill_(0 if conditioning is None else 1)
        if conditioning is not None:
            room.told[:, :count].copy_(conditioning)
            room.told[:, count:].copy_(conditioning[:, -1:].expand_as(room.told[:, count:]))
        logits = desk.run()[:, :count]
        if desk.trusted or self._agree(desk, logits, self._stock(canvas, conditioning)):
            return logits
        return self._stock(canvas, conditioning)

    def _seated(self, canvas: Tensor) -> Desk:
        """Return the desk of this canvas's shape, with this context's prefix in its room."""
        shape = shape_of(
            self._cache, self._rows, canvas.shape[1], self._free.shape[0], self._adapter
        )
        desk = self._rooms.get(shape, self._cache)
        if desk.owner is not self:
            move_in(desk.room, self._rooms.model, self._cache, self._prefix, self._free)
            desk.owner = self
        return desk

    def _agree(self, desk: Desk, ours: Tensor, theirs: Tensor) -> bool:
        off = (ours - theirs).square().mean().sqrt() / theirs.std()
        desk.trusted = bool(off < _APART)
        if not desk.trusted:
            self._rooms.distrusted = True
            self._rooms.clear()
            _LOG.warning("the steady step is off by %.3f: upstream's serves, slower", float(off))
        return desk.trusted


def captures(model: Any) -> bool:
    """Whether a graph can be captured over a model: bfloat16 on a card that groups products."""
    device = model.device
    return (
        device.type == "cuda"
        and model.dtype == torch.bfloat16
        and torch.cuda.get_device_capability(device) in _CAPTURING
    )
