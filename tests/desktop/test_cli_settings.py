from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lacuna.errors import UserFacingError
from lacuna.log import KEPT, Event, Log
from lacuna.paths import locate
from lacuna.settings import Settings, load_settings, save_settings


def test_the_data_folder_is_where_the_reader_says(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert locate().data == data_dir
    assert locate(tmp_path / "x").logs == tmp_path / "x" / "logs"
    monkeypatch.delenv("LACUNA_DATA_DIR")
    assert "lacuna" in str(locate().data).lower()
    assert not (tmp_path / "x").exists()


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.toml") == Settings()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=50,
)
@given(
    model=st.none() | st.text(st.characters(codec="utf-8"), min_size=1),
    steps=st.none() | st.integers(1, 1000),
    zoom=st.integers(14, 24),
    theme=st.sampled_from(["dark", "light"]),
    still=st.booleans(),
)
def test_what_is_saved_comes_back(
    tmp_path: Path, model: str | None, steps: int | None, zoom: int, theme: str, still: bool
) -> None:
    path = tmp_path / "deep" / "settings.toml"
    given_settings = Settings(
        model=model,
        steps=steps,
        report_zoom=zoom,
        theme=theme,  # type: ignore[arg-type]
        reduced_motion=still,
    )
    save_settings(given_settings, path)
    assert load_settings(path) == given_settings
    assert [one.name for one in path.parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 'pink'", "theme must be dark or light"),
        ("steps = 0", "steps must be 1 to 1000"),
        ("steps = true", "steps must be 1 to 1000"),
        ("report_zoom = 99", "report_zoom must be 14 to 24"),
        ("report_zoom = '16'", "report_zoom must be 14 to 24"),
        ("reduced_motion = 1", "reduced_motion must be true or false"),
        ("model = ''", "model must be a folder"),
        ("device = 3", "device must be"),
        ("device = ''", "device must be"),
        ("colour = 'red'", "colour must be one that Lacuna knows"),
        ("theme = ", "is damaged"),
        ("\x00", "is damaged"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(UserFacingError, match=words):
        load_settings(path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(b"\xff\xff")
    with pytest.raises(UserFacingError, match="could not be read"):
        load_settings(path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserFacingError, match="could not be saved"):
        save_settings(Settings(), tmp_path / "file" / "settings.toml")


def test_the_log_holds_events_and_numbers(tmp_path: Path) -> None:
    log = Log(tmp_path / "logs")
    log.write(Event.RUN_ENDED, steps=13, seconds=0.5)
    log.close()
    assert log.path.read_text().rstrip().endswith("run-ended steps=13 seconds=0.5")


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lacuna.log.MAX_BYTES", 500)
    log = Log(tmp_path)
    for step in range(100):
        log.write(Event.RUN_STARTED, step=step)
    log.close()
    files = list(tmp_path.iterdir())
    assert len(files) == KEPT + 1
    assert all(file.stat().st_size <= 500 for file in files)


def test_a_log_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = Log(tmp_path / "file")
    log.write(Event.STARTED)
    log.bug(ValueError("x"))
    log.close()


def test_a_bug_s_causes_are_logged_without_their_words(tmp_path: Path) -> None:
    log = Log(tmp_path)
    try:
        try:
            int("DOE")
        except ValueError as error:
            raise KeyError("Jane") from error
    except KeyError as error:
        log.bug(error)
    log.close()
    text = log.path.read_text()
    assert "KeyError at test_cli_settings.py:" in text
    assert "ValueError at test_cli_settings.py:" in text
    assert "DOE" not in text
    assert "Jane" not in text
    assert sys.exc_info() == (None, None, None)
