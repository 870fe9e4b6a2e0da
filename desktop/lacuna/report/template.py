"""Reports to start from. Titles render to the layout that the bundled model is trained on."""

from __future__ import annotations

from lacuna.report.model import Gap, Report, Section, new_id


def whole_draft() -> Report:
    """Return one gap and nothing else: the model writes the headings too."""
    return Report((Section(None, (Gap(new_id()),)),))


def chest() -> Report:
    """Return a chest report: Findings and Impression, each one gap."""
    return Report(tuple(Section(title, (Gap(new_id()),)) for title in ("Findings", "Impression")))
