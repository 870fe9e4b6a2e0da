"""What is said to the reader, as plain data, and how the usual things are worded. Free of Qt.

``notice_bar.NoticeBar.show_notice`` is the one place that shows it, so tests can record it. What a
click on an action means is decided by whoever listens to the bar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lacuna.errors import UserFacingError
from lacuna.study.model import Refusal

DEMONSTRATOR_KEY = "demonstrator"
FILES_REFUSED_KEY = "refused"
CHOOSE_MODEL = "choose-model"  # an action that the window itself answers


class NoticeKind(StrEnum):
    """What a notice is about; also the order in which notices stand."""

    DEMONSTRATOR = "demonstrator"
    ALERT = "alert"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class NoticeAction:
    """A button of a notice. ``id`` is what ``acted`` reports."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say. A notice takes the place of an earlier one with the same ``key``.

    ``title`` is short, ``text`` one sentence. ``icon`` is a bundled icon's name.
    """

    kind: NoticeKind
    key: str
    title: str
    text: str = ""
    actions: tuple[NoticeAction, ...] = ()
    icon: str = "info"

    @property
    def closable(self) -> bool:
        """Whether it can be closed: not the demonstrator's, nor an alert that asks for an act."""
        if self.kind is NoticeKind.ALERT:
            return not self.actions
        return self.kind is NoticeKind.INFO


def demonstrator_notice(*, about_patient: bool) -> Notice:
    """Say what the bundled model's words are worth."""
    text = (
        "Trained on drawings. About a real image its words mean nothing."
        if about_patient
        else "Trained on drawings like these. It is not for patients."
    )
    action = NoticeAction(CHOOSE_MODEL, "Choose a model")
    kind = NoticeKind.DEMONSTRATOR
    return Notice(kind, DEMONSTRATOR_KEY, "Demonstrator model", text, (action,), "flask-conical")


def error_notice(error: UserFacingError, key: str = "error") -> Notice:
    """Say what went wrong, and the way out."""
    title = error.message.removesuffix(".")  # titles bear no stop
    return Notice(NoticeKind.ALERT, key, title, error.remedy, icon="triangle-alert")


def unnamed(sentence: str, name: str) -> str:
    """Return what was said of a file without its name, which may be a patient's."""
    return sentence.replace(name, "This file")


def without_names(refusal: Refusal) -> Refusal:
    """Return why a file was refused without the names of files in it."""
    reason = unnamed(refusal.reason, refusal.name)
    return Refusal("", reason.replace(refusal.other, "another") if refusal.other else reason)


def refused_notice(refused: Iterable[Refusal], total: int, *, named: bool = True) -> Notice:
    """Say that files were refused; the first one's reason stands for all.

    ``named`` False leaves the files' names out, as where identifiers are hidden.
    """
    items = tuple(one if named else without_names(one) for one in refused)
    verb = "was" if len(items) == 1 else "were"
    noun = "file" if total == 1 else "files"
    more = f" And {len(items) - 1} more." if len(items) > 1 else ""
    return Notice(
        NoticeKind.INFO,
        FILES_REFUSED_KEY,
        f"{len(items)} of {total} {noun} {verb} refused",
        f"{items[0].reason}{more}",
        icon="file-x",
    )
