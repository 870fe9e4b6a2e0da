"""Steering with the real bundled model in the real window."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt

from lacuna.app import Application
from lacuna.report.model import Fixed
from lacuna_models.api import SamplerSettings
from lacuna_resources.samples import sample_study
from tests.e2e import drive

pytestmark = pytest.mark.e2e

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
KEY = Qt.Key


def unhurried(own: SamplerSettings) -> SamplerSettings:
    """Return settings with which no run is over before a key is heard."""
    return dataclasses.replace(own, steps=150, stability=1000)


def test_a_word_held_on_the_way_is_an_anchor_in_the_end(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, editor = application.parts, drive.editor_of(application)
    monkeypatch.setattr(parts.filling, "_sampler", unhurried)
    drive.drop(parts.window, sample_study())
    drive.wait_for_picture(application)
    drive.press(editor, KEY.Key_G, CTRL)
    drive.wait_for(lambda: len(editor.run.words()) > 4, "some words")
    drive.press(editor, KEY.Key_P, CTRL)
    drive.press(editor, KEY.Key_Right, ALT)
    (word,) = editor.run.chosen_words()
    drive.press(editor, KEY.Key_L, CTRL)
    drive.press(editor, KEY.Key_P, CTRL)
    drive.wait_for_end(application)
    anchors = [span.text for span in parts.panel.report().spans() if isinstance(span, Fixed)]
    assert word.text in anchors
    drive.press(editor, KEY.Key_F7)
    drive.wait_for(lambda: parts.panel.kit.foot.card is not None, "what the checks say")
