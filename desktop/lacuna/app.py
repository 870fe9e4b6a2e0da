"""The composition root: the only place where objects are wired."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

import psutil  # type: ignore[import-untyped]
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from lacuna.errors import UserFacingError
from lacuna.log import Event, Log
from lacuna.paths import AppPaths, locate
from lacuna.session import Session
from lacuna.settings import Settings, load_settings, save_settings
from lacuna.store.vault import Vault
from lacuna.study.cache import PixelCache
from lacuna.ui.desk.filling import Filling, Seeds, fresh_seed
from lacuna.ui.desk.image_keys import ImageKeys
from lacuna.ui.desk.journal import Journal
from lacuna.ui.desk.keeping import Keeping
from lacuna.ui.desk.keeping_keys import KeyKeeping
from lacuna.ui.desk.leaving import Leaving
from lacuna.ui.desk.measurement_files import MeasurementFiles
from lacuna.ui.desk.measuring import Measuring
from lacuna.ui.desk.modelling import Modelling
from lacuna.ui.desk.opening import Opening
from lacuna.ui.desk.sending import Sending
from lacuna.ui.desk.shelving import Shelving
from lacuna.ui.desk.sizing import Sizing
from lacuna.ui.desk.steering_desk import SteeringDesk, steer
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import error_notice
from lacuna.ui.status_bar import NO_CASE
from lacuna.ui.theme import Look, Role, dress, make_look
from lacuna.ui.viewer.bindings import bindings_from
from lacuna.ui.viewer.viewports import MOST
from lacuna.work.engine_worker import EngineFactory, EngineWorker, LoadProgress, ModelChoice
from lacuna.work.jobs import JobPool
from lacuna_models.api import Engine
from lacuna_resources.themes import ThemeName

CASE_OPEN = "Report kept until you close Lacuna"

_PULSE_MS = 250
_LEAST_PIXELS = 256 << 20
_MOST_DECODERS = 8
_KEYRING_PATIENCE = 10.0  # seconds, once the window is gone


def local_engine(choice: ModelChoice, progress: LoadProgress) -> Engine:
    """Load a checkpoint. Runs on the engine's thread, which is where torch gets imported."""
    # One quiet OpenMP thread: beside a busy window, spinning ones cost 50 times a step.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    progress("Starting the engine", 0.0)
    from lacuna_models.engine import load_engine

    return load_engine(choice.path, device=choice.device, adapter=choice.adapter, progress=progress)


def _pixel_budget() -> int:
    """Return how many bytes of decoded pixels are kept: a quarter of the machine's memory."""
    return max(int(psutil.virtual_memory().total) // 4, _LEAST_PIXELS)


def _decoders() -> int:
    """Return how many threads decode: one core is left to the window, and one to the model."""
    return min(max((os.cpu_count() or 2) - 2, 2), _MOST_DECODERS)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of; for those who drive it."""

    window: MainWindow
    panel: ReportPanel
    session: Session
    worker: EngineWorker
    opening: Opening
    filling: Filling
    modelling: Modelling
    measuring: Measuring
    sending: Sending
    pixels: PixelCache
    steering: SteeringDesk


class Application(QObject):
    """The window with everything behind it. GUI thread only. Call ``close`` at the end."""

    def __init__(
        self,
        look: Look,
        settings: Settings,
        paths: AppPaths,
        factory: EngineFactory = local_engine,
        seeds: Seeds = fresh_seed,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._paths = paths
        self._log = Log(paths.logs)
        self._states: dict[QObject, str] = {}
        panel = ReportPanel(look)
        panel.set_reduced_motion(settings.reduced_motion)
        panel.editor.paper.zoom(settings.report_zoom - Role.REPORT.pixels)
        window = MainWindow(look, panel, panel.notice_slot)
        session = Session()
        # Two drops at once, a thumbnail, and a frame for each viewport, which may wait for a film.
        self._pool = JobPool(self, threads=3 + MOST)
        # A keyring may wait for its owner's word: no image waits with it.
        self._vaulting = JobPool(self, threads=1)
        self._vaulting.broke.connect(self._pool.broke)
        self._pixels = PixelCache(_pixel_budget(), _decoders())
        worker = EngineWorker(factory, self)
        sending = Sending(window, session, settings.image_tokens)
        self._keys = ImageKeys(window, bindings_from(settings.keys))
        window.viewports.use_screen(settings.screen_dpi)
        measuring = Measuring(window, panel, session)
        self._vault = Vault(paths.data / "kept")
        self._shelving = Shelving(window, self._vaulting)
        self._keeping = Keeping(window, session, self._shelving, self._vault)
        self._keeping_keys = KeyKeeping(session, self._shelving, self._vault, sending)
        self._leaving = Leaving(window, panel, session, self._shelving, self._vault)
        self._measurements = MeasurementFiles(window, session, self._pool, self._keeping)
        filling = Filling(window, panel, session, worker, settings, seeds, sending)
        self.parts = Parts(
            window=window,
            panel=panel,
            session=session,
            worker=worker,
            opening=Opening(window, session, self._pool, self._pixels),
            filling=filling,
            sending=sending,
            pixels=self._pixels,
            modelling=Modelling(window, session, worker),
            measuring=measuring,
            steering=steer(window, panel, session, worker, filling, seeds),
        )
        self._sizing = Sizing(window, self._pool)
        self._journal = Journal(self._log, session, self.parts.opening, worker, self._pool, self)
        self._connect()

    def start(self, choice: ModelChoice, paths: Sequence[Path] = (), *, sample: bool) -> None:
        """Show the window, then load the model and open what was asked for behind it."""
        self._log.write(Event.STARTED)
        self.parts.window.show()
        self.parts.worker.start()
        self.parts.modelling.load(choice)
        if sample:
            self.parts.opening.open_sample()
        elif paths:
            self.parts.opening.open_paths(list(paths))

    def close(self) -> None:
        """Stop what runs, free the model, end the threads. Twice does no harm."""
        self.parts.window.hide()  # a model half read into memory cannot be given up at once
        self.parts.worker.close()
        self._pixels.close()
        self._pool.close()
        self._end_keeping()
        self._log.write(Event.CLOSED)
        self._log.close()

    def on_bug(
        self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        """Log an error nobody expected, where it came from but not what it said, and tell."""
        self._log.bug(error)
        told = UserFacingError("Something went wrong inside Lacuna.", "Your report is as it was.")
        self.parts.window.notices.show_notice(error_notice(told, "bug"))

    def _end_keeping(self) -> None:
        """Write what is left; a keyring that does not answer is given up after a while."""
        patience = threading.Timer(_KEYRING_PATIENCE, self._vault.give_up)
        patience.start()
        self._vaulting.close()
        self._shelving.close()
        patience.cancel()
        patience.join()

    def _connect(self) -> None:
        parts = self.parts
        parts.opening.busy.connect(self._on_state)
        parts.opening.unreadable.connect(parts.filling.show_sent)
        parts.filling.state_changed.connect(self._on_state)
        parts.modelling.state_changed.connect(self._on_state)
        parts.modelling.chosen.connect(self._remember)
        parts.sending.tokens_chosen.connect(self._remember_tokens)
        parts.steering.following.chosen.connect(self._remember_follow)
        self._keys.changed.connect(self._remember_keys)
        parts.window.closing.connect(self.close)

    def _on_state(self, text: str) -> None:
        """Show what is going on: the newest that is still under way, else the case's state."""
        sender = self.sender()
        self._states.pop(sender, None)
        if text:
            self._states[sender] = text
        resting = NO_CASE if self.parts.session.case is None else CASE_OPEN
        shown = list(self._states.values())[-1] if self._states else resting
        self.parts.window.status_bar.set_state(shown)

    def _remember(self, choice: ModelChoice) -> None:
        """Keep the chosen model for the next sitting."""
        model = None if choice.path is None else str(choice.path)
        adapter = None if choice.adapter is None else str(choice.adapter)
        self._store(dataclasses.replace(self._settings, model=model, adapter=adapter))

    def _remember_tokens(self, tokens: int | None) -> None:
        self._store(dataclasses.replace(self._settings, image_tokens=tokens))

    def _remember_follow(self, follow: bool) -> None:
        self._store(dataclasses.replace(self._settings, follow=follow))

    def _remember_keys(self, keys: dict[str, str]) -> None:
        self._store(dataclasses.replace(self._settings, keys=keys))

    def _store(self, settings: Settings) -> None:
        """Write settings down, if they are others than before."""
        if settings == self._settings:
            return
        self._settings = settings
        try:
            save_settings(settings, self._paths.settings)
        except UserFacingError as error:
            self.parts.window.notices.show_notice(error_notice(error, "settings"))


def main(
    paths: Sequence[Path] = (),
    *,
    sample: bool = False,
    model: Path | None = None,
    data_dir: Path | None = None,
) -> int:
    """Run the window until it is closed; return the exit code.

    Raises:
        UserFacingError: there is no screen, or the settings are damaged.
    """
    _require_screen()
    places = locate(data_dir)
    settings = load_settings(places.settings)
    qt = QApplication(sys.argv[:1])
    look = make_look(ThemeName(settings.theme))
    dress(qt, look)
    application = Application(look, settings, places)
    sys.excepthook = application.on_bug
    chosen = model or (Path(settings.model) if settings.model else None)
    adapter = Path(settings.adapter) if settings.adapter and model is None else None
    choice = ModelChoice(chosen, adapter, settings.device)
    _give_room(application.parts.window)
    QTimer.singleShot(0, partial(application.start, choice, paths, sample=sample))
    pulse = _heed_ctrl_c(application.parts.window)
    code = qt.exec()
    pulse.stop()
    sys.excepthook = sys.__excepthook__
    application.close()
    return code


def _heed_ctrl_c(window: MainWindow) -> QTimer:
    """Let Ctrl+C in the terminal close the window, which asks if words would be lost.

    Python looks at signals only while it runs, so the timer returned gives it a turn; without the
    handler Ctrl+C would be an error in whatever slot or paint happened to be running.
    """
    signal.signal(signal.SIGINT, lambda *_: QTimer.singleShot(0, window.close))
    pulse = QTimer(window)
    pulse.timeout.connect(lambda: None)
    pulse.start(_PULSE_MS)
    return pulse


def _give_room(window: QWidget) -> None:
    """Give the window its own size where the screen has it, else the whole screen.

    Left to itself Qt holds a new window to two thirds of the screen.
    """
    free = QGuiApplication.primaryScreen().availableGeometry().size()
    wanted = window.sizeHint()
    if free.width() > wanted.width() and free.height() > wanted.height():
        window.resize(wanted)
    else:
        window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)


def _require_screen() -> None:
    """Refuse in a sentence where Qt would abort the process."""
    linux = sys.platform.startswith("linux")
    if linux and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise UserFacingError(
            "There is no screen here.", "Without a window, lacuna draft does the same work."
        )
