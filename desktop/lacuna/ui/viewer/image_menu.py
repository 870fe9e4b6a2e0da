"""The image's menu: what its keys do, in words. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from lacuna.study.volume import Axis
from lacuna.ui.viewer.commands import WORDS, Command, Order
from lacuna.ui.viewer.document_page import Paper
from lacuna.ui.viewer.hanging import Layout
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.lightbox import Lightbox
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.presets import preset_name, presets
from lacuna.ui.viewer.viewer_state import Act, Tool

_ACTS = (
    Act.INVERT,
    Act.ROTATE_RIGHT,
    Act.ROTATE_LEFT,
    Act.FLIP_HORIZONTAL,
    Act.FLIP_VERTICAL,
)

_SIZES = (Command.TRUE_SIZE, Command.ONE_TO_ONE)

_SWITCHES = (
    Command.LINK,
    Command.LINES,
    Command.TEXTS,
    Command.KEY_IMAGE,
    Command.PREVIEW,
)


def build_menu(view: ImageView, lightbox: Lightbox | None = None) -> QMenu:
    """Return the menu for what the view shows and for the mark that is selected in it.

    With a ``lightbox``, also what concerns other viewports.
    """
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if view.page is not None:
        _add_reading(menu, view, view.page.paper, lightbox)
        return menu
    if view.selected_mark is not None:
        menu.addAction("Insert into the report\tCtrl+M", view.quote_wanted.emit)
        menu.addAction("Delete this\tDel", view.delete_mark)
        menu.addSeparator()
    for words, choose in _windows(view):
        menu.addAction(words, choose)
    menu.addSeparator()
    for command in _ACTS:
        menu.addAction(_with_key(view, command), partial(view.act, command))
    menu.addAction(_with_key(view, Act.RESET, "Reset"), partial(view.act, Act.RESET))
    if lightbox is not None:
        for size in _SIZES:
            menu.addAction(_with_key(view, size), partial(lightbox.orders.obey, size))
    menu.addSeparator()
    if view.picture is not None and view.picture.count > 1:
        words = "Stop cine" if view.cine.running else "Cine"
        menu.addAction(_with_key(view, Command.CINE, words), view.toggle_cine)
        menu.addSeparator()
    if lightbox is not None:
        _add_arrangement(menu, view, lightbox)
    _add_tools(menu, view)
    return menu


def _add_reading(menu: QMenu, view: ImageView, paper: Paper, lightbox: Lightbox | None) -> None:
    """Add what can be done with a document."""
    menu.addAction(_with_key(view, Command.ZOOM_IN), partial(view.zoom, 1.0))
    menu.addAction(_with_key(view, Command.ZOOM_OUT), partial(view.zoom, -1.0))
    words = "Fit the width" if paper.sheets else "Usual size"
    menu.addAction(_with_key(view, Act.RESET, words), partial(view.act, Act.RESET))
    if paper.sheets:
        menu.addAction(_with_key(view, Act.INVERT), partial(view.act, Act.INVERT))
    if paper.pdf and lightbox is not None:
        menu.addSeparator()
        menu.addAction("Save this PDF", partial(lightbox.save_wanted.emit, paper.pdf))


def layout_menu(parent: QWidget, lightbox: Lightbox) -> QMenu:
    """Return the menu of layouts, for the tool rail's button."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    _add_layouts(menu, lightbox)
    return menu


def _add_layouts(menu: QMenu, lightbox: Lightbox) -> None:
    for layout in Layout:
        menu.addAction(layout.words, partial(lightbox.set_layout, layout))


def _with_key(view: ImageView, command: Order, words: str = "") -> str:
    return f"{words or WORDS[command]}\t{view.bindings.key(command)}"


def _windows(view: ImageView) -> list[tuple[str, Callable[[], None]]]:
    """Return the windows that mean something on this picture."""
    found = presets(view.picture) if view.picture is not None else {}
    return [
        (f"{preset_name(window, digit)}\t{digit}", partial(view.set_window, window))
        for digit, window in found.items()
    ]


def _add_arrangement(menu: QMenu, view: ImageView, lightbox: Lightbox) -> None:
    _add_layouts(menu.addMenu("Layout"), lightbox)
    if lightbox.cuts.can_cut(view):
        cuts = menu.addMenu("Cut the volume")
        cuts.addAction(_with_key(view, Command.REFORMAT), lightbox.cuts.show_cuts)
        for axis in Axis:
            cuts.addAction(axis.capitalize(), partial(lightbox.cuts.show_cut, axis))
        cuts.addAction(_with_key(view, Command.SLAB), lightbox.cuts.next_slab)
    states = lightbox.presentations(view)
    if states:
        shown = menu.addMenu("Presentation")
        for state in states:
            words = state.label or state.description or "Unnamed"
            shown.addAction(words, partial(lightbox.present, view, state))
        shown.addAction("As the file says", partial(lightbox.present, view, None))
    if lightbox.priors:
        menu.addAction(_with_key(view, Command.COMPARE), lightbox.compare)
    if lightbox.has_list:
        menu.addAction("All patients and studies", lightbox.patients_wanted.emit)
    switched = {**lightbox.orders.switched, Command.KEY_IMAGE: view.extras.kept}
    for command in _SWITCHES:
        action = menu.addAction(_with_key(view, command), partial(lightbox.orders.obey, command))
        action.setCheckable(command in switched)
        action.setChecked(switched.get(command, False))
        if command is Command.KEY_IMAGE:
            _add_presets(menu, view, lightbox)
    if view.board.marks:
        menu.addAction("Save the measurements", lightbox.measurements_wanted.emit)
    menu.addAction("Keys", lightbox.keys_wanted.emit)
    menu.addSeparator()


def _add_presets(menu: QMenu, view: ImageView, lightbox: Lightbox) -> None:
    """Offer to send the frame through a preset, whatever window it is looked at through."""
    found = presets(view.picture) if view.picture is not None else {}
    if found:
        through = menu.addMenu("Send it through a preset")
    for digit, window in found.items():
        send = partial(lightbox.key_through_wanted.emit, window)
        through.addAction(preset_name(window, digit), send)


def _add_tools(menu: QMenu, view: ImageView) -> None:
    button = view.bindings.mouse.input(MouseAct.TOOL)
    tools = menu.addMenu(f"{button} button")
    for tool in Tool:
        action = tools.addAction(_with_key(view, tool), partial(view.set_tool, tool))
        action.setCheckable(True)
        action.setChecked(view.tool is tool)
