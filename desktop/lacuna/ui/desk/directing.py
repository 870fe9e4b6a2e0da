"""Acts that fill what they name: normals, impression, findings; words to the model; going on.

Each opens the room that it needs, and what comes of it is undone in one step with that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from lacuna.errors import UserFacingError
from lacuna.report.apply import apply_done
from lacuna.report.model import Report, Section
from lacuna.report.opening import is_impression, opened, same_text, taken_back
from lacuna.report.request import segments_of
from lacuna.session import Session
from lacuna.ui.desk.filling import Filling
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act
from lacuna.ui.timeline.runs import Recorded, stopped_at
from lacuna_models.api import FillRequest, Fixed, StartingPoint

_NO_IMPRESSION = "This report has no section named Impression."
_NO_FINDINGS = "This report has nothing but an impression."


class Directing(QObject):
    """GUI thread only."""

    def __init__(self, panel: ReportPanel, session: Session, filling: Filling) -> None:
        super().__init__(panel)
        self._panel, self._session, self._filling = panel, session, filling
        panel.act_chosen.connect(self._on_act)
        panel.continue_wanted.connect(self.go_on)
        panel.kit.instruct.sent.connect(self._instruct)

    def _on_act(self, act: Act) -> None:
        if act is Act.INSTRUCT:
            self._panel.kit.open_panel(self._panel.kit.instruct)
        elif self._panel.running:
            return
        elif act is Act.NORMALS:
            self._filling.begin(partial(self._open, _any, _NO_FINDINGS), _in_full)
        elif act is Act.IMPRESSION:
            self._filling.begin(partial(self._open, is_impression, _NO_IMPRESSION))
        elif act is Act.FINDINGS:
            self._filling.begin(partial(self._open, _is_body, _NO_FINDINGS))

    def go_on(self, run: Recorded, place: int) -> None:
        """Take a recorded step up again: what had settled stands, the rest is noise once more.

        Where the reader has changed words since, these stand: then what had settled is put where
        its gaps still are, and the rest is filled anew.
        """
        model = self._session.model
        if model is None or self._panel.running:
            return
        free = frozenset(s.id for s in run.request.segments if not isinstance(s, Fixed))
        back = taken_back(self._panel.report(), run.request.segments)
        if same_text(segments_of(back, free), run.request.segments):
            start = StartingPoint.of(run.steps[place])
            self._filling.begin(
                partial(self._put, back, free), partial(_started, run.request, start)
            )
            return
        nothing = self._session.words_mean_nothing
        done = stopped_at(run, place)
        after = apply_done(back, done, model, demonstrator_on_patient=nothing)
        self._filling.begin(partial(self._put, after, frozenset()))

    def _open(self, wanted: Callable[[Section], bool], none: str) -> frozenset[str]:
        """Open the sections wanted, and return the gaps in them."""
        after, gaps = opened(self._panel.report(), wanted)
        if not gaps:
            raise UserFacingError(none)
        self._panel.apply(lambda _report: after)
        return gaps

    def _put(self, after: Report, scope: frozenset[str]) -> frozenset[str]:
        self._panel.apply(lambda _report: after)
        return scope

    def _instruct(self, words: str) -> None:
        self._filling.instruct(words)
        self._panel.kit.close_panel(self._panel.kit.instruct)


def _any(_section: Section) -> bool:
    return True


def _is_body(section: Section) -> bool:
    return not is_impression(section)


def _in_full(request: FillRequest) -> FillRequest:
    """Ask for what is absent to be named, too, whatever the usual style."""
    return dataclasses.replace(request, prompt=dataclasses.replace(request.prompt, style="full"))


def _started(recorded: FillRequest, start: StartingPoint, request: FillRequest) -> FillRequest:
    """Go on from a step: the recorded run's text and prompt, under another id and seed."""
    return dataclasses.replace(
        recorded, id=request.id, seeds=request.seeds, start=start, alternatives=1
    )
