"""The image's menu: what its keys do, in words. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.viewer_state import CT_PRESETS, Act, Tool

_ACTS = (
    (Act.INVERT, "Invert\tI"),
    (Act.ROTATE_RIGHT, "Rotate right\tR"),
    (Act.ROTATE_LEFT, "Rotate left\tL"),
    (Act.FLIP_HORIZONTAL, "Flip left to right\tH"),
    (Act.FLIP_VERTICAL, "Flip top to bottom\tV"),
    (Act.RESET, "Reset\tSpace"),
)
_TOOLS = (
    (Tool.SELECT, "Select"),
    (Tool.WINDOW, "Window\tW"),
    (Tool.PAN, "Pan"),
    (Tool.ZOOM, "Zoom\tZ"),
    (Tool.MAGNIFY, "Magnifier"),
    (Tool.LENGTH, "Length\tD"),
    (Tool.ANGLE, "Angle\tA"),
    (Tool.ELLIPSE, "Ellipse\tE"),
    (Tool.PROBE, "Value of a pixel"),
    (Tool.ARROW, "Arrow"),
)


def build_menu(view: ImageView) -> QMenu:
    """Return the menu for what the view shows and for the mark that is selected in it."""
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if view.selected_mark is not None:
        menu.addAction("Insert into the report\tCtrl+M", view.quote_wanted.emit)
        menu.addAction("Delete this\tDel", view.delete_mark)
        menu.addSeparator()
    for words, choose in _windows(view):
        menu.addAction(words, choose)
    menu.addSeparator()
    for act, words in _ACTS:
        menu.addAction(words, partial(view.act, act))
    menu.addSeparator()
    if view.picture is not None and view.picture.count > 1:
        words = "Stop cine\tC" if view.cine.running else "Cine\tC"
        menu.addAction(words, view.toggle_cine)
        menu.addSeparator()
    _add_tools(menu, view)
    return menu


def _windows(view: ImageView) -> list[tuple[str, Callable[[], None]]]:
    """Return the windows that mean something on this picture."""
    picture = view.picture
    if picture is None or not picture.grey:
        return []
    found: list[tuple[str, Callable[[], None]]] = [
        ("Automatic window\t0", partial(view.set_window, picture.auto)),
        ("Window of the file\t1", partial(view.set_window, picture.window)),
    ]
    if picture.series.modality == "CT":
        for digit, window in CT_PRESETS.items():
            words = f"{window.name.capitalize()} {window.width:.0f}/{window.center:.0f}\t{digit}"
            found.append((words, partial(view.set_window, window)))
    return found


def _add_tools(menu: QMenu, view: ImageView) -> None:
    tools = menu.addMenu("Left button")
    for tool, words in _TOOLS:
        action = tools.addAction(words, partial(view.set_tool, tool))
        action.setCheckable(True)
        action.setChecked(view.tool is tool)
