"""Which key and which button does what on the image side: the usual ones, and the reader's own.

Every order has a usual key; the reader's own take its place, and a key means one thing only. Free
of Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lacuna.errors import UserFacingError
from lacuna.ui.viewer.commands import DEFAULT_KEYS, TWINS, WORDS, Order
from lacuna.ui.viewer.mouse import MouseAct, MouseBindings

RESERVED = frozenset({"Esc", "Tab", "Ctrl+G", "Ctrl+M", "Ctrl+Z", "Ctrl+Y", "F6", "F7", "F8", "F9"})


@dataclass(frozen=True, slots=True)
class Bindings:
    """Which key and which button does what. ``own`` are the reader's choices of keys.

    Raises:
        UserFacingError: two orders ask for one key, or a key belongs to the window.
    """

    own: Mapping[Order, str] = field(default_factory=dict)
    mouse: MouseBindings = field(default_factory=MouseBindings)

    def __post_init__(self) -> None:
        taken: dict[str, Order] = {}
        for order, key in self._pairs():
            if key in RESERVED:
                raise UserFacingError(f"{key} belongs to the window.", "Choose another key.")
            if key and key in taken:
                first, second = WORDS[taken[key]], WORDS[order]
                raise UserFacingError(f"{key} would mean two things: {first}, and {second}.")
            taken[key] = order

    def key(self, order: Order) -> str:
        """Return the key of an order; empty if the reader left it without one."""
        return self.own.get(order, DEFAULT_KEYS[order])

    def order(self, key: str) -> Order | None:
        """Return what a key does, or else the key whose twin it is."""
        for one in (key, TWINS.get(key, "")):
            found = next((order for order, own in self._pairs() if own == one), None)
            if one and found is not None:
                return found
        return None

    def with_key(self, order: Order, key: str) -> Bindings:
        """Return these bindings with another key for an order."""
        own = {**self.own, order: key}
        if key == DEFAULT_KEYS[order]:
            del own[order]
        return Bindings(own, self.mouse)

    def with_input(self, act: MouseAct, place: str) -> Bindings:
        """Return these bindings with another button, or turn of the wheel, for an act."""
        return Bindings(self.own, self.mouse.with_input(act, place))

    def stored(self) -> dict[str, str]:
        """Return the reader's own choices as the settings file holds them."""
        keys = {order.value: key for order, key in self.own.items()}
        return keys | {act.value: place for act, place in self.mouse.own.items()}

    def _pairs(self) -> list[tuple[Order, str]]:
        return [(order, self.key(order)) for order in DEFAULT_KEYS]


def bindings_from(stored: Mapping[str, str]) -> Bindings:
    """Return the bindings that a settings file holds, by the names of orders and mouse acts.

    Raises:
        UserFacingError: a name that is neither, or a key or button given twice.
    """
    orders = {order.value: order for order in DEFAULT_KEYS}
    acts = {act.value: act for act in MouseAct}
    for name in stored:
        if name not in orders and name not in acts:
            raise UserFacingError(f"There is no command {name} for a key.", "Remove it.")
    keys = {orders[name]: key for name, key in stored.items() if name in orders}
    mouse = {acts[name]: place for name, place in stored.items() if name in acts}
    return Bindings(keys, MouseBindings(mouse))
