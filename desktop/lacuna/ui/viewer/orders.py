"""Orders: what the commands do that concern all viewports, or what hangs in them. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lacuna.ui.viewer.commands import Command
from lacuna.ui.viewer.note_field import NoteField
from lacuna.ui.viewer.placing import Size
from lacuna.ui.viewer.viewports import Viewports, next_layout

if TYPE_CHECKING:
    from lacuna.ui.viewer.lightbox import Lightbox


class Orders(QObject):
    """Carries out commands upon a lightbox, whether they came by key, menu or button."""

    def __init__(self, viewports: Viewports, lightbox: Lightbox) -> None:
        super().__init__(lightbox)
        self._viewports, self._lightbox = viewports, lightbox
        self._acts: dict[Command, Callable[[], None]] = {
            Command.VIEW_LEFT: partial(viewports.step_active, -1),
            Command.VIEW_RIGHT: partial(viewports.step_active, 1),
            Command.LAYOUT_NEXT: partial(self._change_layout, 1),
            Command.LAYOUT_BACK: partial(self._change_layout, -1),
            Command.LINK: viewports.toggle_link,
            Command.LINES: self._toggle_lines,
            Command.TEXTS: self._toggle_texts,
            Command.REFORMAT: lightbox.cuts.show_cuts,
            Command.SLAB: lightbox.cuts.next_slab,
            Command.COMPARE: lightbox.compare,
            Command.TRUE_SIZE: partial(self._hold, Size.TRUE),
            Command.ONE_TO_ONE: partial(self._hold, Size.ONE_TO_ONE),
            Command.KEY_IMAGE: lightbox.key_wanted.emit,
            Command.PREVIEW: lightbox.preview_wanted.emit,
        }
        viewports.command_wanted.connect(self.obey)
        viewports.note_wanted.connect(self._write_note)

    @property
    def switched(self) -> dict[Command, bool]:
        """Which commands are switches, and whether each is on."""
        viewports = self._viewports
        return {
            Command.LINK: viewports.links.on,
            Command.LINES: viewports.shows_lines,
            Command.TEXTS: viewports.shows_texts,
        }

    def obey(self, command: Command) -> None:
        """Do what a command says, where anything is open."""
        act = self._acts.get(command)
        if act is not None and self._lightbox.study is not None:
            act()

    def _change_layout(self, by: int) -> None:
        self._lightbox.set_layout(next_layout(self._viewports.arrangement, by))

    def _hold(self, size: Size) -> None:
        """Keep the active viewport's picture at a size, and say how true that is."""
        words = self._viewports.active.hold_size(size)
        if words:
            self._lightbox.hint.emit(words)

    def _toggle_lines(self) -> None:
        self._viewports.shows_lines = not self._viewports.shows_lines
        self._viewports.refresh()

    def _toggle_texts(self) -> None:
        self._viewports.shows_texts = not self._viewports.shows_texts
        self._viewports.refresh()
        self._viewports.texts_toggled.emit()

    def _write_note(self) -> None:
        NoteField(self._viewports.active)
