"""The steering acts wired together, each on the same report, session and engine."""

from __future__ import annotations

from dataclasses import dataclass

from lacuna.session import Session
from lacuna.ui.desk.alternating import Alternating
from lacuna.ui.desk.asking import Asking
from lacuna.ui.desk.checking import Checking
from lacuna.ui.desk.directing import Directing
from lacuna.ui.desk.filling import Filling, Seeds
from lacuna.ui.desk.following import Following
from lacuna.ui.desk.restyling import Restyling
from lacuna.ui.desk.reviewing import Reviewing
from lacuna.ui.desk.ruling import Ruling
from lacuna.ui.desk.steering import Steering
from lacuna.ui.desk.tracing import Tracing
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.work.engine_worker import EngineWorker


@dataclass(frozen=True, slots=True)
class SteeringDesk:
    """What answers the acts of steering; for those who drive the application."""

    steering: Steering
    alternating: Alternating
    directing: Directing
    checking: Checking
    reviewing: Reviewing
    restyling: Restyling
    asking: Asking
    tracing: Tracing
    ruling: Ruling
    following: Following


def steer(
    window: MainWindow,
    panel: ReportPanel,
    session: Session,
    worker: EngineWorker,
    filling: Filling,
    seeds: Seeds,
) -> SteeringDesk:
    """Wire the acts; each lives as long as the report column."""
    checking = Checking(panel, session, worker, filling)
    ruling = Ruling(panel, session)
    return SteeringDesk(
        Steering(panel, session, worker, filling),
        Alternating(panel, filling),
        Directing(panel, session, filling),
        checking,
        Reviewing(window, panel, session, checking, ruling, filling),
        Restyling(panel, session, worker, filling, seeds),
        Asking(panel, session, worker, filling, seeds),
        Tracing(panel),
        ruling,
        Following(panel, session, filling),
    )
