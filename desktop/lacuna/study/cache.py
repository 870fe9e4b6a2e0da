"""Decoded frames, bounded and ahead of the reader.

A ``PixelCache`` has a budget in bytes and a small pool of threads. What is on the screen is asked
for by ``values`` or ``request``; what will be is named by ``ahead``, and comes after it; what can
wait, as thumbnails can, is asked for ``later``, and comes last. Values are shared and read-only.

A film's frame may take minutes. So films take one thread of the pool at most, and a frame of one is
given up when nobody waits for it any more: within a second, as far as the film has come by then.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from numpy.typing import NDArray

from lacuna.errors import Cancelled
from lacuna.study.model import Image, Source
from lacuna.study.pixels import ImageReader, read_frame
from lacuna.study.sources import Reader, check_written

Values = NDArray[Any]
Key = tuple[Source, str, tuple[int, int] | None, int]
_LOOK = 0.05  # seconds after which whoever waits looks whether it was given up
OPENED = 4  # multi-frame images that a thread keeps open: two viewports with a prior each


class PixelCache:
    """Least recently used frames go first. Callable from any thread; ``close`` joins its own.

    A frame larger than the whole budget is handed out and not kept, so the budget always holds.
    """

    def __init__(self, budget: int, threads: int = 2) -> None:
        """Start the pool.

        Args:
            budget: bytes of decoded values that are kept, > 0.
            threads: that decode, >= 1.
        """
        self._budget = budget
        self._lock = threading.Condition()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._used = 0
        self._pending: dict[Key, _Wish] = {}
        self._urgent: list[_Wish] = []
        self._ahead: list[_Wish] = []
        self._later: list[_Wish] = []
        self._near: frozenset[Key] = frozenset()  # what was last named ahead
        self._filming: _Wish | None = None  # the one film's frame that is being decoded
        self._failed: set[Key] = set()  # ahead; they wait for somebody to ask for them
        self._room = 0  # bytes that may still be decoded ahead
        self._typical = 0  # bytes of the last frame decoded
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"lacuna-pixels-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def used(self) -> int:
        """Bytes of what is kept; never above the budget."""
        return self._used

    @property
    def budget(self) -> int:
        """Bytes that may be kept."""
        return self._budget

    def peek(self, image: Image, frame: int = 0) -> Values | None:
        """Return a frame's values if they are there; never blocks on decoding."""
        values: Values | None = self.kept(_key(image, frame))
        return values

    def kept(self, key: Hashable) -> Any:
        """Return what was left under a key, if it is still there; else None."""
        with self._lock:
            return self._look(key)

    def keep(self, key: Hashable, thing: object, size: int) -> None:
        """Keep something that belongs to a frame, of ``size`` bytes, as long as there is room."""
        with self._lock:
            self._store(key, thing, size)

    def request(self, image: Image, frame: int = 0, *, later: bool = False) -> Future[Values]:
        """Ask for a frame before all that is ahead; the newest request comes first.

        One asked for ``later`` comes after all that is ahead, in the order of asking, unless
        somebody asks for it at once meanwhile.

        All who ask for a frame share its future: to cancel it gives the frame up for all of them.
        It fails with a ``UserFacingError``, or with ``Cancelled`` when the cache closes.
        Its callbacks run on a thread of the pool, or at once where the values are there.
        """
        key = _key(image, frame)
        with self._lock:
            values = self._look(key)
            if values is None:
                wish = self._wish(key, image, frame, later=later)
                wish.waiting += 1
                return wish.future
        future: Future[Values] = Future()
        future.set_result(values)
        return future

    def values(
        self,
        image: Image,
        frame: int = 0,
        given_up: threading.Event | None = None,
        *,
        later: bool = False,
    ) -> Values:
        """Return a frame's values, decoded if need be. Blocks: not for the GUI thread.

        Raises:
            UserFacingError: it cannot be read.
            Cancelled: the cache was closed, or ``given_up`` was set.
        """
        future = self.request(image, frame, later=later)
        while given_up is not None and not wait([future], _LOOK).done:
            if given_up.is_set():
                self._leave(_key(image, frame), future)
                raise Cancelled
        return future.result()

    def ahead(self, wanted: Sequence[tuple[Image, int]]) -> bool:
        """Say which frames will be wanted, the next first. Takes the place of what was said before.

        No more are decoded than the budget holds, so that what is ahead never drives itself out.
        One that could not be decoded ahead is not tried again.

        Returns:
            Whether any of them is still to come.
        """
        with self._lock:
            wishes = [_Wish(_key(image, frame), image, frame, True) for image, frame in wanted]
            self._near = frozenset(wish.key for wish in wishes)
            there = [self._look(wish.key) for wish in wishes]
            self._room = self._budget - sum(one.nbytes for one in there if one is not None)
            pairs = zip(wishes, there, strict=True)
            missing = [w for w, one in pairs if one is None and w.key not in self._failed]
            self._ahead = [wish for wish in missing if wish.key not in self._pending]
            self._ahead.reverse()  # taken from the end
            self._lock.notify_all()
        return bool(missing)

    def forget(self) -> None:
        """Let all values and wishes ahead go, as when another case is opened."""
        with self._lock:
            self._ahead, self._near = [], frozenset()
            self._kept.clear()
            self._failed.clear()
            self._used = self._typical = 0

    def close(self) -> None:
        """Cancel what waits and join the pool. What is being decoded is waited for, but no film."""
        with self._lock:
            self._closed = True
            waiting = self._urgent + self._later
            self._urgent, self._ahead, self._later = [], [], []
            self._lock.notify_all()
        for wish in waiting:
            if wish.future.set_running_or_notify_cancel():
                wish.future.set_exception(Cancelled())
        for thread in self._threads:
            thread.join()
        self.forget()

    def _look(self, key: Hashable) -> Any:
        thing, _ = self._kept.get(key, (None, 0))
        if thing is not None:
            self._kept.move_to_end(key)
        return thing

    def _store(self, key: Hashable, thing: object, size: int) -> None:
        if self._closed or size > self._budget:
            return
        _, old = self._kept.pop(key, (None, 0))
        self._kept[key] = thing, size
        self._used += size - old
        while self._used > self._budget:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._used -= dropped

    def _wish(self, key: Key, image: Image, frame: int, *, later: bool) -> _Wish:
        wish = self._pending.get(key)
        if wish is None or wish.future.cancelled():
            if self._closed:
                raise Cancelled
            wish = self._pending[key] = _Wish(key, image, frame)
            (self._later if later else self._urgent).append(wish)
            self._lock.notify()
        elif not later:
            for queue in (self._urgent, self._later):
                if wish in queue:
                    queue.remove(wish)
                    self._urgent.append(wish)
                    break
        return wish

    def _work(self) -> None:
        with _Files() as files:
            while (wish := self._next()) is not None:
                self._serve(wish, files)

    def _next(self) -> _Wish | None:
        with self._lock:
            while not self._closed:
                wish = self._taken(self._urgent) or self._next_ahead()
                if wish is None:
                    self._later.reverse()  # the first that asked comes first
                    wish = self._taken(self._later)
                    self._later.reverse()
                if wish is not None:
                    if wish.image.film:
                        self._filming = wish
                    return wish
                self._lock.wait()
        return None

    def _taken(self, queue: list[_Wish]) -> _Wish | None:
        """Take the last of a queue; a film's frame only where none is being decoded."""
        for place in reversed(range(len(queue))):
            if self._filming is None or not queue[place].image.film:
                return queue.pop(place)
        return None

    def _next_ahead(self) -> _Wish | None:
        while self._room >= max(self._typical, 1):
            wish = self._taken(self._ahead)
            if wish is None:
                return None
            if wish.key not in self._kept and wish.key not in self._pending:
                self._pending[wish.key] = wish
                wish.reserved = self._typical
                self._room -= wish.reserved
                return wish
        return None

    def _leave(self, key: Key, future: Future[Values]) -> None:
        """One who waited for a frame does so no longer."""
        with self._lock:
            wish = self._pending.get(key)
            if wish is None or wish.future is not future:
                return
            wish.waiting -= 1
            if wish.waiting == 0:
                future.cancel()  # unless it was begun: then it is asked whether it was given up

    def _given_up(self, wish: _Wish) -> bool:
        """Whether nobody waits for a frame that takes long; who asks from now on asks anew."""
        with self._lock:
            near = wish.key in self._near and not any(one.image.film for one in self._urgent)
            if not self._closed and (wish.waiting or near):
                return False
            if self._pending.get(wish.key) is wish:
                del self._pending[wish.key]
            return True

    def _serve(self, wish: _Wish, files: _Files) -> None:
        if not wish.future.set_running_or_notify_cancel():
            self._settle(wish, None)
            return
        try:
            values = files.read(wish.image, wish.frame, partial(self._given_up, wish))
        except Cancelled as error:
            self._settle(wish, None)
            wish.future.set_exception(error)
        except BaseException as error:  # noqa: BLE001  it belongs to whoever asked, bug or not
            with self._lock:
                if wish.ahead:
                    self._failed.add(wish.key)
            self._settle(wish, None)
            wish.future.set_exception(error)
        else:
            values.flags.writeable = False
            self._settle(wish, values)
            wish.future.set_result(values)

    def _settle(self, wish: _Wish, values: Values | None) -> None:
        with self._lock:
            if self._filming is wish:
                self._filming = None
                self._lock.notify_all()
            if self._pending.get(wish.key) is wish:  # it was given up, and asked for anew
                del self._pending[wish.key]
            if values is None or self._closed or values.nbytes > self._budget:
                return
            if wish.ahead:
                self._room -= values.nbytes - wish.reserved
            self._typical = values.nbytes
            self._store(wish.key, values, values.nbytes)


@dataclass(slots=True, eq=False)
class _Wish:
    """A frame that somebody waits for, or will."""

    key: Key
    image: Image
    frame: int
    ahead: bool = False
    reserved: int = 0  # bytes taken out of the room ahead
    waiting: int = 0  # how many do
    future: Future[Values] = field(default_factory=Future)


class _Files:
    """What one thread keeps open: archives, and the images of many frames that it read last."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._opened: OrderedDict[Source, ImageReader] = OrderedDict()

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *failure: object) -> None:
        self._shrink(0)
        self._reader.close()

    def read(self, image: Image, frame: int, given_up: Callable[[], bool]) -> Values:
        if image.frames == 1:
            return read_frame(image, frame, self._reader)
        return self._many(image).values(frame, given_up=given_up)

    def _many(self, image: Image) -> ImageReader:
        check_written(image.source, image.written)
        opened = self._opened.get(image.source)
        if opened is not None and opened.image.written != image.written:
            self._opened.pop(image.source).close()
            opened = None
        if opened is None:
            # A member of an archive lies in memory while it is open, so it is kept alone.
            self._shrink(OPENED - 1 if image.source.member is None else 0)
            opened = self._opened[image.source] = ImageReader(image, self._reader)
        self._opened.move_to_end(image.source)
        return opened

    def _shrink(self, count: int) -> None:
        while len(self._opened) > count:
            _, opened = self._opened.popitem(last=False)
            opened.close()


def _key(image: Image, frame: int) -> Key:
    return image.source, image.sop_instance_uid, image.written, frame
