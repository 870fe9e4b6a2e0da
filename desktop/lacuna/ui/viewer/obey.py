"""A command -> what it does to one viewport. What needs others, the viewport asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lacuna.ui.viewer.commands import WINDOWS, Command, Order
from lacuna.ui.viewer.presets import presets
from lacuna.ui.viewer.viewer_state import Act, Tool

if TYPE_CHECKING:
    from lacuna.ui.viewer.image_view import ImageView

_STEPS = {Command.UP: -1, Command.DOWN: 1, Command.UP_FAR: -10, Command.DOWN_FAR: 10}
_ZOOMS = {Command.ZOOM_IN: 1.0, Command.ZOOM_OUT: -1.0}
_SERIES = {Command.SERIES_BACK: -1, Command.SERIES_ON: 1}


def obey(view: ImageView, order: Order) -> bool:
    """Do it; return whether it means anything here, so that other keys go on to the window."""
    if isinstance(order, Tool):
        view.set_tool(order)
    elif isinstance(order, Act):
        view.act(order)
    elif order in WINDOWS:
        return _show_window(view, WINDOWS[order])
    elif order is Command.DELETE:
        return view.delete_mark()
    elif not _moves(view, order):
        view.command_wanted.emit(order)
    return True


def _moves(view: ImageView, command: Command) -> bool:
    """Do what goes through frames or changes their size; return whether that was it."""
    if command in _STEPS:
        view.scroll(_STEPS[command])
    elif command in (Command.FIRST, Command.LAST):
        view.scroll_far(command is Command.LAST)
    elif command in _SERIES:
        view.series_wanted.emit(_SERIES[command])
    elif command in _ZOOMS:
        view.zoom(_ZOOMS[command])
    elif command is Command.CINE:
        view.toggle_cine()
    else:
        return False
    return True


def _show_window(view: ImageView, digit: int) -> bool:
    found = presets(view.picture) if view.picture is not None else {}
    if digit in found:
        view.set_window(found[digit])
    return digit in found
