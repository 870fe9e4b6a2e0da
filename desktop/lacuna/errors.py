"""Three kinds of error: cancelled (silent), user-facing (a sentence and a way out), else a bug."""

from __future__ import annotations


class Cancelled(Exception):  # noqa: N818  the name is the meaning: nothing went wrong
    """The user stopped it. Nothing is shown."""


class UserFacingError(Exception):
    """Something the user can understand and act upon.

    Attributes:
        message: one clear sentence; never a traceback, never a patient's data.
        remedy: the way out, a sentence; may be empty.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy
