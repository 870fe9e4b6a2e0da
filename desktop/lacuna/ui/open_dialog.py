"""The system's dialogs for choosing what to open, and where to save."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget


def choose_files(parent: QWidget) -> list[Path]:
    """Ask for files: DICOM files need no ending, so none is left out. Empty: thought better."""
    names, _ = QFileDialog.getOpenFileNames(parent, "Open study", "", "All files (*)")
    return [Path(name) for name in names]


def choose_folder(parent: QWidget, title: str = "Open a folder") -> list[Path]:
    """Ask for one folder. Empty: thought better."""
    name = QFileDialog.getExistingDirectory(parent, title)
    return [Path(name)] if name else []


def choose_new_file(parent: QWidget, title: str, name: str) -> Path | None:
    """Ask where to save; the system asks before a file is replaced. None: thought better."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, name)
    return Path(chosen) if chosen else None
