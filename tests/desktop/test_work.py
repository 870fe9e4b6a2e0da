"""The background threads: results arrive on the GUI thread, cancel keeps what was accepted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from lacuna.errors import Cancelled, UserFacingError
from lacuna.work.engine_worker import EngineWorker, LoadProgress, ModelChoice
from lacuna.work.jobs import JobPool, Urgency
from lacuna_models.api import (
    AskRequest,
    CancelToken,
    CommandQueue,
    Commands,
    Done,
    EngineError,
    FillRequest,
    Gap,
    Lock,
    ModelInfo,
    Prompt,
    Reason,
    SamplerSettings,
    Seen,
    StepEvent,
)

PATIENCE = 60_000  # milliseconds, for another thread on a busy machine
INFO = ModelInfo("slow", "0" * 64, "cpu", "float32", 16, True, SamplerSettings())


class SlowEngine:
    """Steps until it is told to stop, each step waiting for nothing but the flag."""

    info = INFO

    def __init__(self) -> None:
        self.closed = False
        self.thread = threading.get_ident()

    def fill(
        self,
        request: FillRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        if not request.segments:
            raise EngineError("Nothing to fill.", "Add a gap.")
        assert threading.get_ident() == self.thread
        assert cancel is not None
        self.commands = commands
        step = 0
        while not cancel.is_set() and step < 10_000:
            step += 1
            yield StepEvent(request.id, 0, 0, 1, step, 10_000, (), 1, 0, 0, 1.0, 0.0)
            threading.Event().wait(0.002)
        reason = Reason.CANCELLED if cancel.is_set() else Reason.STEPS
        yield Done(request.id, 0, 0, reason, (), step, 0.0, self.info.settings)

    def ask(
        self,
        request: AskRequest,
        cancel: CancelToken | None = None,
        commands: Commands | None = None,
    ) -> Iterator[StepEvent | Done]:
        yield Done(request.id, 0, 0, Reason.SETTLED, (), 1, 0.0, self.info.settings)

    def close(self) -> None:
        self.closed = True


class Recorder(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[Any] = []
        self.threads: set[QThread] = set()

    def take(self, value: object, *_more: object) -> None:
        self.got.append(value)
        self.threads.add(QThread.currentThread())


@pytest.fixture
def engine() -> list[SlowEngine]:
    return []


@pytest.fixture
def worker(qtbot: QtBot, engine: list[SlowEngine]) -> Iterator[EngineWorker]:
    def make(choice: ModelChoice, progress: LoadProgress) -> SlowEngine:
        progress("Reading", 0.5)
        if choice.device == "none":
            raise EngineError("There is no such device.", "Use the CPU.")
        if choice.device == "bug":
            raise RuntimeError("DOE, Jane")
        engine.append(SlowEngine())
        return engine[-1]

    worker = EngineWorker(make)
    worker.start()
    yield worker
    worker.close()


def request(name: str) -> FillRequest:
    return FillRequest(name, Prompt(), (Gap("g"),))


def test_the_latest_run_hears_commands_and_no_other(
    qtbot: QtBot, worker: EngineWorker, engine: list[SlowEngine]
) -> None:
    worker.load(ModelChoice())
    with qtbot.waitSignal(worker.stepped, timeout=PATIENCE):
        worker.submit(request("live"))
    lock = Lock(Seen((1,), (2,)))
    worker.steer("stale", Lock(Seen((7,), (7,))))
    worker.steer("live", lock)
    queue = engine[0].commands
    assert isinstance(queue, CommandQueue)
    assert [queue.take(), queue.take()] == [lock, None]
    with qtbot.waitSignal(worker.finished_run, timeout=PATIENCE):
        worker.stop_run()


def test_a_question_is_answered(qtbot: QtBot, worker: EngineWorker) -> None:
    worker.load(ModelChoice())
    with qtbot.waitSignal(worker.finished_run, timeout=PATIENCE) as finished:
        worker.submit(AskRequest("q", Prompt(), "Any effusion?"))
    assert finished.args is not None
    assert finished.args[0].request_id == "q"


def test_a_call_is_answered_on_the_engine_s_thread(qtbot: QtBot, worker: EngineWorker) -> None:
    worker.load(ModelChoice())
    with qtbot.waitSignal(worker.answered, timeout=PATIENCE) as answered:
        worker.call("who", lambda engine, _cancel: (engine.info.name, QThread.currentThread()))
    assert answered.args == ["who", ("slow", worker)]


def test_a_run_goes_before_calls_that_wait(qtbot: QtBot, worker: EngineWorker) -> None:
    recorder = Recorder()
    worker.answered.connect(recorder.take)
    worker.load(ModelChoice())
    with qtbot.waitSignal(worker.stepped, timeout=PATIENCE):
        worker.submit(request("first"))
    worker.call("radar", lambda _engine, _cancel: "never")
    # The first ends; the second follows, not the call.
    with qtbot.waitSignal(worker.finished_run, timeout=PATIENCE):
        worker.submit(request("second"))
    with qtbot.waitSignal(worker.finished_run, timeout=PATIENCE):
        worker.stop_run()
    with qtbot.waitSignal(worker.answered, timeout=PATIENCE):
        worker.call("after", lambda _engine, _cancel: None)
    assert recorder.got == ["after"]


def test_a_call_that_is_refused_says_so_under_its_own_id(
    qtbot: QtBot, worker: EngineWorker
) -> None:
    def refuse(_engine: object, _cancel: object) -> None:
        raise EngineError("It is too long.")

    worker.load(ModelChoice())
    with qtbot.waitSignal(worker.failed, timeout=PATIENCE) as failed:
        worker.call("radar", refuse)
    assert failed.args is not None
    assert (failed.args[0].request_id, failed.args[0].message) == ("radar", "It is too long.")


def test_loading_reports_progress_and_the_model(qtbot: QtBot, worker: EngineWorker) -> None:
    recorder = Recorder()
    worker.progressed.connect(recorder.take)
    with qtbot.waitSignal(worker.loaded, timeout=PATIENCE) as loaded:
        worker.load(ModelChoice())
    assert loaded.args == [INFO]
    assert recorder.got == ["Reading"]


def test_events_arrive_on_the_gui_thread_and_esc_ends_the_run(
    qtbot: QtBot, worker: EngineWorker
) -> None:
    recorder = Recorder()
    worker.stepped.connect(recorder.take)
    worker.load(ModelChoice())
    worker.submit(request("a"))
    qtbot.waitUntil(lambda: len(recorder.got) >= 3, timeout=PATIENCE)
    with qtbot.waitSignal(worker.finished_run, timeout=PATIENCE) as done:
        worker.stop_run()
    assert done.args[0].reason is Reason.CANCELLED
    assert recorder.threads == {QThread.currentThread()}


def test_a_newer_request_cancels_the_older(qtbot: QtBot, worker: EngineWorker) -> None:
    recorder = Recorder()
    worker.finished_run.connect(recorder.take)
    worker.load(ModelChoice())
    worker.submit(request("old"))
    worker.submit(request("new"))
    qtbot.waitUntil(lambda: len(recorder.got) == 1, timeout=PATIENCE)
    assert recorder.got[0].request_id == "old"
    assert recorder.got[0].reason is Reason.CANCELLED


@pytest.mark.parametrize(
    ("device", "sentence"),
    [("none", "There is no such device."), ("bug", "The model stopped answering.")],
)
def test_a_load_that_fails_says_so_in_a_sentence(
    qtbot: QtBot, worker: EngineWorker, device: str, sentence: str
) -> None:
    with qtbot.waitSignal(worker.failed, timeout=PATIENCE) as failed:
        worker.load(ModelChoice(device=device))
    assert failed.args[0].message == sentence
    assert "Jane" not in failed.args[0].message + failed.args[0].remedy


def test_a_refused_request_and_one_without_a_model_fail_with_their_id(
    qtbot: QtBot, worker: EngineWorker
) -> None:
    with qtbot.waitSignal(worker.failed, timeout=PATIENCE) as failed:
        worker.submit(request("early"))
    assert failed.args[0].request_id == "early"
    worker.load(ModelChoice())
    with qtbot.waitSignal(worker.failed, timeout=PATIENCE) as failed:
        worker.submit(FillRequest("empty", Prompt(), ()))
    assert failed.args[0].message == "Nothing to fill."


def test_closing_mid_run_frees_the_model(
    qtbot: QtBot, worker: EngineWorker, engine: list[SlowEngine]
) -> None:
    recorder = Recorder()
    worker.stepped.connect(recorder.take)
    worker.load(ModelChoice())
    worker.submit(request("a"))
    qtbot.waitUntil(lambda: bool(recorder.got), timeout=PATIENCE)
    worker.close()
    assert engine[0].closed
    assert worker.isFinished()


def test_a_job_sends_its_result_or_one_sentence(qtbot: QtBot) -> None:
    pool = JobPool()

    def refuse(_progress: object, _cancel: object) -> None:
        raise UserFacingError("The file is empty.", "Copy it again.")

    def stop(_progress: object, _cancel: object) -> None:
        raise Cancelled

    good, bad, gone = pool.prepare(lambda _p, _c: 7), pool.prepare(refuse), pool.prepare(stop)
    with qtbot.waitSignal(good.done, timeout=PATIENCE) as done:
        pool.start(good)
    assert done.args == [7]
    with qtbot.waitSignal(bad.failed, timeout=PATIENCE) as failed:
        pool.start(bad)
    assert failed.args[0].message == "The file is empty."
    complaints, ends = Recorder(), Recorder()
    gone.failed.connect(complaints.take)
    gone.ended.connect(ends.take)
    pool.start(gone)
    qtbot.waitUntil(lambda: bool(ends.got), timeout=PATIENCE)
    pool.close()
    assert not complaints.got


def test_a_result_on_its_way_is_dropped_when_the_job_is_cancelled(qtbot: QtBot) -> None:
    pool = JobPool(threads=1)
    job = pool.prepare(lambda _p, _c: "the study that was dropped before")
    ran, results, ends = threading.Event(), Recorder(), Recorder()
    job.done.connect(results.take)
    job.ended.connect(ends.take)
    pool.start(job)
    pool._pool.submit(ran.set)  # one thread: it runs when the job is over
    assert ran.wait(PATIENCE / 1000)
    job.cancel()  # its result waits in the GUI thread's queue by now
    qtbot.waitUntil(lambda: bool(ends.got), timeout=PATIENCE)
    pool.close()
    assert not results.got


def test_a_closed_pool_leaves_jobs_undone() -> None:
    pool = JobPool(threads=1)
    pool.close()
    done: list[int] = []
    pool.start(pool.prepare(lambda _p, _c: done.append(1)))
    assert not done


def test_a_bug_in_a_job_goes_to_the_log_and_not_to_the_reader(qtbot: QtBot) -> None:
    pool = JobPool()

    def break_down(_progress: object, _cancel: object) -> None:
        raise RuntimeError("DOE, Jane")

    job = pool.prepare(break_down)
    log = Recorder()
    pool.broke.connect(log.take)
    with qtbot.waitSignal(job.failed, timeout=PATIENCE) as failed:
        pool.start(job)
    pool.close()
    assert [type(error) for error in log.got] == [RuntimeError]
    assert "Jane" not in str(failed.args[0])


class Gate:
    """A factory that loads until it is let through."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.open = threading.Event()

    def __call__(self, choice: ModelChoice, progress: LoadProgress) -> SlowEngine:
        self.begun.append(choice.device)
        while choice.device == "slow" and not self.open.is_set():
            progress("Checking the weights", 0.1)
            threading.Event().wait(0.002)
        if choice.device == "broken":
            raise EngineError("It is damaged.")
        return SlowEngine()


@pytest.fixture
def gate(qtbot: QtBot) -> Iterator[tuple[Gate, EngineWorker]]:
    gate = Gate()
    worker = EngineWorker(gate)
    worker.start()
    yield gate, worker
    worker.close()


def test_closing_while_a_model_loads_does_not_wait_for_it(
    qtbot: QtBot, gate: tuple[Gate, EngineWorker]
) -> None:
    factory, worker = gate
    recorder = Recorder()
    worker.progressed.connect(recorder.take)
    worker.load(ModelChoice(device="slow"))
    qtbot.waitUntil(lambda: bool(recorder.got), timeout=PATIENCE)
    with qtbot.assertNotEmitted(worker.failed):
        worker.close()
    assert worker.isFinished()
    assert not factory.open.is_set()


@pytest.mark.parametrize("first", ["slow", "cpu", "broken"])
def test_nothing_is_heard_of_a_load_that_another_replaced(
    qtbot: QtBot, gate: tuple[Gate, EngineWorker], first: str
) -> None:
    factory, worker = gate
    loaded, failed = Recorder(), Recorder()
    worker.loaded.connect(loaded.take)
    worker.failed.connect(failed.take)
    worker.load(ModelChoice(device=first))
    waited = threading.Event()
    while not factory.begun:  # its end, if it has one, may already wait in the queue
        waited.wait(0.002)
    worker.load(ModelChoice(device="second"))
    qtbot.waitUntil(lambda: bool(loaded.got), timeout=PATIENCE)
    assert factory.begun == [first, "second"]
    assert len(loaded.got) == 1
    assert not failed.got


def test_a_bug_in_the_engine_goes_to_the_log(qtbot: QtBot, worker: EngineWorker) -> None:
    log = Recorder()
    worker.broke.connect(log.take)
    with qtbot.waitSignal(worker.failed, timeout=PATIENCE):
        worker.load(ModelChoice(device="bug"))
    assert [type(error) for error in log.got] == [RuntimeError]


def test_what_is_looked_at_is_begun_before_what_adorns(qtbot: QtBot) -> None:
    pool, go, order = JobPool(threads=1), threading.Event(), Recorder()
    begun = threading.Event()

    def hold(_progress: object, _cancel: object) -> None:
        begun.set()
        assert go.wait(PATIENCE / 1000)

    pool.start(pool.prepare(hold))
    assert begun.wait(PATIENCE / 1000)
    for urgency in (Urgency.ADORNMENT, Urgency.WORK, Urgency.SEEN, Urgency.SEEN):
        pool.start(pool.prepare(lambda _p, _c, own=urgency: order.take(own)), urgency)
    go.set()
    qtbot.waitUntil(lambda: len(order.got) == 4, timeout=PATIENCE)
    pool.close()
    assert order.got == sorted(order.got)
