"""Where a run is: a bar for who watches, lines for a log."""

from __future__ import annotations

import io
import logging

import pytest

from lacuna_models.phantom.display import Bar, Lines, Status, pick_display

STATUS = Status("language", 1200, 0.25, 1.0321, 0.5, 0.81, 5400.0)


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True

    @property
    def seen(self) -> list[str]:
        """The last line as it stood after each writing over."""
        return self.getvalue().rpartition("\n")[2].split("\r")


def test_a_terminal_gets_a_bar_and_a_log_gets_lines() -> None:
    assert isinstance(pick_display(Terminal()), Bar)
    assert isinstance(pick_display(io.StringIO()), Lines)


def test_the_bar_tells_phase_share_loss_pace_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    Bar(terminal).show(STATUS)
    shown = terminal.seen[-1]
    assert shown.startswith("language [######------------------]  25%")
    assert "loss 1.032 right 0.500 0.81 s/step, 1 h 30 min left" in shown


def test_a_shorter_line_covers_the_longer_one_and_the_end_clears(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    bar = Bar(terminal)
    bar.show(STATUS)
    bar.making("drawing", 5, 10)
    assert len(terminal.seen[-1]) == len(STATUS.bar)
    assert terminal.seen[-1].rstrip() == f"drawing [{'#' * 12}{'-' * 12}] 5 of 10"
    bar.end()
    assert terminal.seen[-1] == ""
    assert not terminal.seen[-2].strip()


def test_a_narrow_terminal_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    bar = Bar(terminal)
    bar.show(STATUS)
    bar.show(STATUS)
    assert all(len(line) < 40 for line in terminal.seen)


def test_what_is_said_stays_above_the_bar() -> None:
    terminal = Terminal()
    bar = Bar(terminal)
    bar.show(STATUS)
    bar.say("took 42 tensors")
    bar.show(STATUS)
    assert terminal.getvalue().split("\n")[0].endswith("\rtook 42 tensors")


def test_a_log_gets_a_line_every_sixty_steps(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lines = Lines()
    for step in range(3, 130, 3):
        lines.show(Status("reader", step, step / 1000, 1.0, 0.5, 0.6, 60.0))
    assert caplog.messages == [
        "reader step 60 6% loss 1.000 right 0.500 0.60 s/step",
        "reader step 120 12% loss 1.000 right 0.500 0.60 s/step",
    ]


def test_a_log_hears_of_tenths_of_what_is_made(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lines = Lines()
    for done in range(1, 201):
        lines.making("drawing pictures", done, 200)
    assert len(caplog.messages) == 10
    assert caplog.messages[-1] == "drawing pictures: 200 of 200"
