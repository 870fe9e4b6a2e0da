"""What the series strip lists: series and documents of the study, then those of its priors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lacuna.study.document import Document
from lacuna.study.model import Image, Series, Study
from lacuna.ui.viewer.picture import frame_count


@dataclass(frozen=True, slots=True)
class Entry:
    """A series, or a document, of the study or of a prior. ``heading`` names its group."""

    study: Study
    heading: str
    series: Series | None = None
    document: Document | None = None
    prior: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same while the study is still being read."""
        own = self.series.series_instance_uid if self.series is not None else ""
        paper = self.document.sop_instance_uid if self.document is not None else ""
        return self.study.study_instance_uid, own, paper

    @property
    def title(self) -> str:
        """What it is called: its view where all images share one, else its own name."""
        if self.document is not None:
            return self.document.title or "Document"
        return title_of(self.series) if self.series is not None else "Series"

    @property
    def details(self) -> str:
        """What stands below the title."""
        if self.document is not None:
            return self.document.date.split(",")[0]
        return f"se {self.series.number}" if self.series is not None else ""

    @property
    def badge(self) -> str:
        """How many frames it has; nothing for a document."""
        return str(frame_count(self.series)) if self.series is not None else ""


def title_of(series: Series) -> str:
    """Return what a series is called: its view where all images share one, else its own name."""
    views = {view_of(image, series) for image in series.images}
    view = views.pop() if len(views) == 1 else ""
    return view or series.description or series.modality or "Series"


def view_of(image: Image, series: Series) -> str:
    """Return an image's view, on a mammogram with its side: ``R MLO``."""
    side = image.laterality or series.laterality
    if series.modality == "MG" and image.view and side in ("R", "L"):
        return f"{side} {image.view}"
    return image.view


def entries_of(study: Study, priors: Iterable[Study] = ()) -> tuple[Entry, ...]:
    """Return the strip's entries: the study's series come first, by their place in the study."""
    found = [Entry(study, "This study", series) for series in study.series]
    found += [Entry(study, "Documents", document=document) for document in study.documents]
    for other in priors:
        later, together = is_later(other, study), bool(study.time) and other.time == study.time
        kind = "Later" if later else "Beside" if together else "Prior"
        heading = f"{kind}, {_day(other, study)}" if other.date else "Another study"
        older = not (later or together)
        found += [Entry(other, heading, series, prior=older) for series in other.series]
        found += [Entry(other, heading, document=one, prior=older) for one in other.documents]
    return tuple(found)


def is_later(other: Study, study: Study) -> bool:
    """Whether a study took place after another; not where one of them has no time."""
    return bool(study.time) and other.time > study.time


def _day(prior: Study, study: Study) -> str:
    """Return the prior's day, without its year where that is the study's own."""
    day = prior.date.split(",")[0]
    parts = day.split(" ")
    if len(parts) != 3:
        return day
    same_year = study.date.split(",")[0].endswith(parts[2])
    return " ".join(parts[:2] if same_year else parts[1:])
