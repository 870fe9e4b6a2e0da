"""What has been drawn on a study's images: marks, undoable. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lacuna.report.model import new_id
from lacuna.study import measure
from lacuna.study.geometry import Region
from lacuna.study.measure import (
    Amount,
    EllipseRoi,
    FreehandRoi,
    Lack,
    Length,
    Probe,
    Scale,
    Shape,
    Statistics,
)
from lacuna.study.model import Image, Series, Study
from lacuna.ui.viewer.picture import Picture, Pixels, frame_at


@dataclass(frozen=True, slots=True)
class Spot:
    """One frame, named so that it is found again when the study is opened again.

    A cut's name says how it was made: two that show other pixels never share a name.
    """

    series_uid: str
    sop_uid: str
    frame: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape on a frame, and what it measures there.

    ``values`` are those of a probe's pixel; ``statistics`` those of a region on a grey image; both
    wait until ``pixels`` are whole, and are of the values that a presentation state made where
    ``through`` names one.
    ``label`` and ``tracking`` (a UID) are what another program calls the finding; they outlive a
    change of the shape.
    """

    id: str
    spot: Spot
    shape: Shape
    scale: Scale
    value_unit: str = ""
    statistics: Statistics | None = None
    values: tuple[float, ...] = ()
    label: str = ""
    tracking: str = ""
    pixels: Pixels = Pixels.WHOLE
    through: str = ""


_Marks = tuple[Mark, ...]


@dataclass(slots=True)
class Board:
    """All marks of one study, the last changed last. GUI thread only.

    Whoever observes it is called after each change, the reader's or not.
    """

    marks: _Marks = ()
    _done: list[tuple[_Marks, Spot]] = field(default_factory=list)
    _undone: list[tuple[_Marks, Spot]] = field(default_factory=list)
    _unread: set[str] = field(default_factory=set)  # marks that were put on pixels still to come
    _through: dict[Spot, str] = field(default_factory=dict)  # what frames were last read through
    _observers: list[Callable[[], None]] = field(default_factory=list, compare=False, repr=False)

    def observe(self, observer: Callable[[], None]) -> None:
        """Call ``observer`` after each change."""
        self._observers.append(observer)

    def on(self, spot: Spot) -> _Marks:
        """Return the marks of a frame."""
        return tuple(mark for mark in self.marks if mark.spot == spot)

    def get(self, mark_id: str | None) -> Mark | None:
        """Return a mark, None if it does not stand."""
        return next((mark for mark in self.marks if mark.id == mark_id), None)

    def put(self, mark: Mark) -> None:
        """Add a mark, or replace the one of its id: what that was called stays."""
        old = self.get(mark.id)
        if old is not None:
            mark = replace(mark, label=old.label, tracking=old.tracking)
        self._note(mark)
        self._change((*self._without(mark.id), mark), mark.spot)

    def stand(self, marks: _Marks) -> None:
        """Add marks that stood before: below all others, and no undoing takes them away."""
        for mark in marks:
            self._note(mark)
        self.marks = _under(marks, self.marks)
        for steps in (self._done, self._undone):
            steps[:] = [(_under(marks, some), where) for some, where in steps]
        self._tell()

    def remove(self, mark_id: str) -> None:
        """Take a mark away; nothing happens if it does not stand."""
        mark = self.get(mark_id)
        if mark is not None:
            self._change(self._without(mark_id), mark.spot)

    def undo(self) -> Spot | None:
        """Take the last change back; return where it was, None if there is none."""
        return self._swap(self._done, self._undone)

    def redo(self) -> Spot | None:
        """Do again what was taken back; return where it is, None if there is nothing."""
        return self._swap(self._undone, self._done)

    def settle(self, picture: Picture) -> None:
        """Read what marks on a picture could not read before, or had read of other values.

        The reader has changed nothing: it is no step to undo, and undoing leads to nothing unread.
        """
        spot = spot_of(picture)
        if not self._unread and self._through.get(spot, "") == picture.through:
            return
        self._through[spot] = picture.through
        before, self.marks = self.marks, _read_anew(self.marks, picture)
        for steps in (self._done, self._undone):
            steps[:] = [(_read_anew(marks, picture), where) for marks, where in steps]
        known = [self.marks, *(marks for marks, _ in (*self._done, *self._undone))]
        unread = (mark for marks in known for mark in marks if mark.pixels is not Pixels.WHOLE)
        self._unread = {mark.id for mark in unread}
        if self.marks != before:
            self._tell()

    def _note(self, mark: Mark) -> None:
        if mark.pixels is not Pixels.WHOLE:
            self._unread.add(mark.id)
        if mark.through:
            self._through[mark.spot] = mark.through

    def _without(self, mark_id: str) -> _Marks:
        return tuple(mark for mark in self.marks if mark.id != mark_id)

    def _change(self, marks: _Marks, spot: Spot) -> None:
        if marks == self.marks:
            return
        self._done.append((self.marks, spot))
        self._undone.clear()
        self.marks = marks
        self._tell()

    def _tell(self) -> None:
        for observer in self._observers:
            observer()

    def _swap(
        self, taken: list[tuple[_Marks, Spot]], kept: list[tuple[_Marks, Spot]]
    ) -> Spot | None:
        if not taken:
            return None
        marks, spot = taken.pop()
        kept.append((self.marks, spot))
        self.marks = marks
        self._tell()
        return spot


def _under(below: _Marks, marks: _Marks) -> _Marks:
    there = {mark.id for mark in marks}
    return (*(mark for mark in below if mark.id not in there), *marks)


def spot_of(picture: Picture) -> Spot:
    """Return the name of the frame that a picture shows."""
    image, frame = frame_at(picture.series, picture.index)
    return Spot(picture.series.series_instance_uid, name_of(image), frame)


def _read_anew(marks: _Marks, picture: Picture) -> _Marks:
    """Measure again what was measured on fewer or on other pixels than a picture has."""
    spot, same = spot_of(picture), (Pixels.WHOLE, picture.through)
    return tuple(
        _measured(mark, picture)
        if mark.spot == spot and (mark.pixels, mark.through) != same
        else mark
        for mark in marks
    )


def find(study: Study, spot: Spot) -> tuple[int, int] | None:
    """Return (series, frame of the series) of a spot, both from 0; None if it is not there."""
    for number, series in enumerate(study.series):
        if series.series_instance_uid == spot.series_uid:
            index = _index(series, spot)
            if index is not None:
                return number, index
    return None


def mark_of(shape: Shape, picture: Picture, mark_id: str | None = None) -> Mark:
    """Measure a shape on a picture. A new mark gets an id of its own.

    Values are the picture's, times the SUV factor where the file allows it; there are none while
    some of its pixels are not there. Lengths do not wait.
    """
    scale = scale_on(picture.image, shape, picture.frame)
    mark = Mark(mark_id or new_id(), spot_of(picture), shape, scale, _unit(picture))
    return _measured(mark, picture)


def _measured(mark: Mark, picture: Picture) -> Mark:
    """Return a mark with what it reads off a picture's pixels, as far as they are there."""
    shape = mark.shape
    if not isinstance(shape, EllipseRoi | FreehandRoi | Probe):
        return mark
    factor = None if picture.through else picture.image.suv_factor
    read = replace(
        mark,
        value_unit=_unit(picture),
        statistics=None,
        values=(),
        pixels=picture.pixels,
        through=picture.through,
    )
    if picture.pixels is not Pixels.WHOLE:
        return read
    if isinstance(shape, Probe):
        values = measure.value_at(shape, picture.values)
        return replace(read, values=tuple(value * (factor or 1.0) for value in values))
    found = measure.statistics(shape, picture.values) if picture.grey else None
    return replace(read, statistics=_times(found, factor))


def _unit(picture: Picture) -> str:
    """Return what values count: what a presentation state makes of them is neither HU nor SUV."""
    if picture.through:
        return ""
    return "SUVbw" if picture.image.suv_factor else picture.image.value_unit


def scale_on(image: Image, shape: Shape, frame: int = 0) -> Scale:
    """Return how large the pixels of an image's frame are under a shape.

    An ultrasound image is calibrated region by region: a shape that reaches out of its region has
    no length, nor one in a region whose axes are no distances. The header's spacing counts in none.
    """
    if not image.regions:
        return measure.scale_of(image, frame)
    points = measure.points(shape)
    tops = {image.region_at(x, y) for x, y in points}
    below = [one for one in image.regions if all(one.contains(x, y) for x, y in points)]
    region = next((one for one in below if all(_is_alike(one, top) for top in tops)), None)
    if region is not None:
        return _scale_in(region, image)
    if tops == {None}:
        return Scale(aspect=image.aspect)
    lack = Lack.CROSSING if len(tops - {None}) > 1 else Lack.LEAVING
    return Scale(aspect=image.aspect, lack=lack)


def _is_alike(region: Region, top: Region | None) -> bool:
    """Whether what may lie above a region has its scale all the same: colour flow on tissue."""
    return top is not None and (top.units, top.spacing) == (region.units, region.spacing)


def _scale_in(region: Region, image: Image) -> Scale:
    if region.in_mm:
        return Scale(*region.spacing, "mm")
    pairs = zip(region.spacing, region.units, strict=True)
    axes = tuple(Amount(value, unit) for value, unit in pairs)
    return Scale(aspect=image.aspect, lack=Lack.REGION, axes=axes)


def _times(found: Statistics | None, factor: float | None) -> Statistics | None:
    if found is None or not factor:
        return found
    ends = found.minimum * factor, found.maximum * factor
    return Statistics(found.count, found.mean * factor, found.sd * factor, *ends)


def other_diameter(mark: Mark, marks: _Marks) -> Mark | None:
    """Return the line that measures the same finding across, None if the mark stands alone.

    Of several that cross it, the last drawn counts; two belong together only for each other.
    """
    found = _crossing(mark, marks)
    return found if found is not None and _crossing(found, marks) == mark else None


def _crossing(mark: Mark, marks: _Marks) -> Mark | None:
    return next((other for other in reversed(marks) if _are_pair(mark, other)), None)


def _are_pair(one: Mark, other: Mark) -> bool:
    if not isinstance(one.shape, Length) or not isinstance(other.shape, Length):
        return False
    same = one.spot == other.spot and one.id != other.id and one.scale == other.scale
    return same and measure.are_diameters(one.shape, other.shape, one.scale)


def _index(series: Series, spot: Spot) -> int | None:
    before = 0
    for image in series.images:
        if name_of(image) == spot.sop_uid:
            return before + spot.frame if spot.frame < image.frames else None
        before += image.frames
    return None


def name_of(image: Image) -> str:
    """Return the instance's UID; of an image without one, the very file, as it was written.

    Another patient's may lie in the same place tomorrow.
    """
    return image.sop_instance_uid or f"{image.source} {image.written}"
