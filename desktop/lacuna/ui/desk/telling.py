"""What is told of files: which were refused, and which are others than when last opened."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.session import Session
from lacuna.study.document import Document
from lacuna.study.load import NothingUsableError
from lacuna.study.model import Image, Opened, Source
from lacuna.study.softcopy import PresentationState
from lacuna.study.wording import clean
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import (
    FILES_REFUSED_KEY,
    Notice,
    NoticeKind,
    error_notice,
    refused_notice,
    without_names,
)

REFUSED_KEY = "open-refused"
CHANGED_KEY = "files-changed"
_State = tuple[int, int]  # a file's size and time of change, ns


class Telling(QObject):
    """Words notices on files; without the files' names while identifiers are hidden. GUI thread."""

    def __init__(self, window: MainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._opened = Opened()
        self._error = UserFacingError("")
        self._known: dict[Source, _State] = {}
        self._changed: tuple[Source, ...] = ()
        window.viewports.texts_toggled.connect(self._on_texts)
        window.case_bar.identifiers_toggled.connect(self._on_texts)

    def withdraw(self) -> None:
        """What was told of an older drop holds no longer."""
        for key in (REFUSED_KEY, FILES_REFUSED_KEY, CHANGED_KEY):
            self._window.notices.withdraw(key)

    def refuse(self, error: UserFacingError) -> None:
        """Nothing of a drop can be shown."""
        self._error = error
        self._window.notices.show_notice(self._refusal())

    def complete(self, opened: Opened) -> None:
        """A drop has been read: tell what was refused, and what is another file by now."""
        self._opened = opened
        if opened.refused:
            self._window.notices.show_notice(self._refusals())
        self._changed = tuple(self.remember(opened))
        if self._changed:
            self._window.notices.show_notice(self._change())

    def remember(self, opened: Opened) -> list[Source]:
        """Note in what state files were opened; return those that had another state before."""
        changed = []
        for source, state in _states(opened):
            if self._known.get(source, state) != state:
                changed.append(source)
            self._known[source] = state
        return changed

    def named(self) -> bool:
        """Whether files may be named: neither identifiers nor corner texts are put away."""
        window = self._window
        return window.viewports.shows_texts and not window.case_bar.identifiers_hidden

    def _refusals(self) -> Notice:
        opened = self._opened
        taken = sum(study.image_count + len(study.documents) for study in opened.studies)
        total = taken + len(opened.refused)
        return refused_notice(opened.refused, total, named=self.named())

    def _refusal(self) -> Notice:
        error = self._error
        if isinstance(error, NothingUsableError) and not self.named():
            error = NothingUsableError([without_names(one) for one in error.refused])
        standing = "The open report is as it was." if self._session.case else "Try another file."
        return error_notice(UserFacingError(error.message, error.remedy or standing), REFUSED_KEY)

    def _change(self) -> Notice:
        count = len(self._changed)
        title = "1 file has changed" if count == 1 else f"{count:,} files have changed"
        name = clean(self._changed[0].name) if self.named() and count == 1 else ""
        who = name or ("It" if count == 1 else "They")
        verb = "is" if count == 1 else "are"
        text = f"{who} {verb} shown as found on the disk now, not as opened before."
        return Notice(NoticeKind.ALERT, CHANGED_KEY, title, text, icon="triangle-alert")

    def _on_texts(self) -> None:
        """Word anew what stands: names come and go with the identifiers."""
        notices = self._window.notices
        standing = {notice.key for notice in notices.notices()}
        for key, word in (
            (REFUSED_KEY, self._refusal),
            (FILES_REFUSED_KEY, self._refusals),
            (CHANGED_KEY, self._change),
        ):
            if key in standing:
                notices.show_notice(word())


def _states(opened: Opened) -> Iterator[tuple[Source, _State]]:
    for study in opened.studies:
        held: list[Image | Document | PresentationState] = [
            image for series in study.series for image in series.images
        ]
        for one in (*held, *study.documents, *study.presentations):
            if one.source is not None and one.written is not None:
                yield one.source, one.written
