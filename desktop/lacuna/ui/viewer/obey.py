"""A command -> what it does to one viewport. What needs others, the viewport asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lacuna.ui.viewer.commands import ACTS, TOOLS, WINDOWS, Command
from lacuna.ui.viewer.presets import presets

if TYPE_CHECKING:
    from lacuna.ui.viewer.image_view import ImageView

_STEPS = {Command.UP: -1, Command.DOWN: 1, Command.UP_FAR: -10, Command.DOWN_FAR: 10}
_SERIES = {Command.SERIES_BACK: -1, Command.SERIES_ON: 1}


def obey(view: ImageView, command: Command) -> bool:
    """Do it; return whether it means anything here, so that other keys go on to the window."""
    if command in _STEPS:
        view.scroll(_STEPS[command])
    elif command in (Command.FIRST, Command.LAST):
        view.scroll_far(command is Command.LAST)
    elif command in _SERIES:
        view.series_wanted.emit(_SERIES[command])
    elif command in WINDOWS:
        return _show_window(view, WINDOWS[command])
    elif command in ACTS:
        view.act(ACTS[command])
    elif command in TOOLS:
        view.set_tool(TOOLS[command])
    elif command is Command.CINE:
        view.toggle_cine()
    elif command is Command.DELETE:
        return view.delete_mark()
    else:
        view.command_wanted.emit(command)
    return True


def _show_window(view: ImageView, digit: int) -> bool:
    found = presets(view.picture) if view.picture is not None else {}
    if digit in found:
        view.set_window(found[digit])
    return digit in found
