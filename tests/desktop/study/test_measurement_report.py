"""Measurements as DICOM SR: the template's rows, the round trip, other programs' reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.errors import UserFacingError
from lacuna.study.document import DocumentKind
from lacuna.study.documents import read_document
from lacuna.study.load import load_study
from lacuna.study.measure import (
    Angle,
    Arrow,
    Bidirectional,
    Cobb,
    EllipseRoi,
    FreehandRoi,
    Length,
    Note,
    Probe,
    Scale,
    Statistics,
    statistics,
)
from lacuna.study.measurement_in import measurements_of, read_measurements
from lacuna.study.measurement_out import measurement_report, write_measurements
from lacuna.study.model import Study
from lacuna.study.pixels import read_pixels
from lacuna.study.record import (
    Measurement,
    Quantity,
    Reading,
    id_of,
    image_reference,
    measured,
    rounded,
    uid_of,
)
from lacuna.study.sr_items import decimal
from tests.desktop.study.builder import dataset, ramp, save
from tests.helpers import dcmtk, tid1500
from tests.helpers.opening import open_all

MM = Scale(0.5, 0.25, "mm")
SHAPES = [
    Length((1.5, 2.25), (10.1, 7.7)),
    Bidirectional((3, 3), (3, 9), (1, 5.5), (8, 5.5)),
    Angle((1, 1), (5, 5), (9, 1.3)),
    Cobb((1, 1), (8, 2), (1, 9), (8, 12)),
    EllipseRoi((12.3, 9.1), (3.3, 4.4)),
    FreehandRoi(((2, 2), (9, 3), (8, 11), (3.3, 7.7))),
    Probe((4.5, 6.5)),
    Arrow((3, 3), (12, 1)),
    Note((5, 5), "Look here: 12 % less"),
]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    save(tmp_path / "a.dcm", dataset(ramp(), Modality="CT", RescaleIntercept=0, RescaleSlope=1))
    movie = np.stack([ramp()] * 3)
    save(tmp_path / "b.dcm", dataset(movie, NumberOfFrames=3, SeriesInstanceUID="1.2.3"))
    return load_study([tmp_path])


def measurement(study: Study, number: int, frame: int = 0) -> Measurement:
    series = next(one for one in study.series if (one.images[0].frames > 1) == (frame > 0))
    image, shape = series.images[0], SHAPES[number]
    values = read_pixels(image, frame)
    spread = None
    if isinstance(shape, EllipseRoi | FreehandRoi):
        spread = statistics(shape, values)
    return measured(
        uid_of(f"{number:032x}"),
        image_reference(study, series, image, frame),
        shape,
        MM,
        label=f"Finding {number}",
        value_unit=image.value_unit,
        statistics=spread,
        value=77.125 if isinstance(shape, Probe) else None,
    )


def everything(study: Study) -> list[Measurement]:
    return [measurement(study, number, number % 2 and 2) for number in range(len(SHAPES))]


def test_every_row_of_the_template_holds(study: Study) -> None:
    assert tid1500.problems(measurement_report(study, everything(study))) == []


@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_each_shape_alone_is_a_valid_report(study: Study, number: int) -> None:
    assert tid1500.problems(measurement_report(study, [measurement(study, number)])) == []


def test_what_is_written_is_read_back_equal(study: Study, tmp_path: Path) -> None:
    ours = everything(study)
    write_measurements(tmp_path / "sr.dcm", study, ours)
    (document,) = load_study([tmp_path]).documents
    assert document.measurements
    assert read_measurements(document) == tuple(ours)
    assert not list(tmp_path.glob("*.part"))


def test_two_measurements_of_one_finding_stand_side_by_side(study: Study) -> None:
    first, second = measurement(study, 0), replace(measurement(study, 1, 2), uid=uid_of("0"))
    assert first.uid == second.uid
    ds = measurement_report(study, [first, second])
    assert tid1500.problems(ds) == []
    assert measurements_of(ds) == (first, second)
    for group in ds.ContentSequence[-1].ContentSequence:
        del group.ObservationUID  # as other programs write it
    foreign = measurements_of(ds)
    assert [one.uid for one in foreign] == [first.uid] * 2
    assert foreign[0].item != foreign[1].item
    assert measurements_of(ds) == foreign
    with pytest.warns(UserWarning, match="UI"):
        ds.ContentSequence[-1].ContentSequence[0].ContentSequence[1].UID = "no UID"
    assert measurements_of(ds)[0].uid == ""
    ds.SOPInstanceUID = "1.2.840.99"  # the same finding, measured on another day
    assert not {one.item for one in measurements_of(ds)} & {one.item for one in foreign}


def test_readings_are_what_the_shape_measures(study: Study) -> None:
    length, both = measurement(study, 0), measurement(study, 1)
    assert length.readings == (
        Reading(Quantity.LENGTH, pytest.approx(np.hypot(8.6 * 0.25, 5.45 * 0.5), 1e-3), "mm"),
    )
    assert [(one.quantity, one.value) for one in both.readings] == [
        (Quantity.LONG_AXIS, 3.0),  # six rows of half a millimetre
        (Quantity.SHORT_AXIS, 1.75),  # seven columns, which are narrower
    ]
    region = measurement(study, 4)
    units = [one.unit for one in region.readings]
    assert units == ["mm2", "[hnsf'U]", "[hnsf'U]", "[hnsf'U]", "[hnsf'U]"]


def test_the_long_axis_comes_first_by_millimetres_not_by_pixels(study: Study) -> None:
    upright = Bidirectional((1, 5.5), (9, 5.5), (3, 3), (3, 9))
    image = image_reference(study, study.series[0], study.series[0].images[0])
    found = measured(uid_of("7"), image, upright, MM)
    assert found.shape == Bidirectional((3, 3), (3, 9), (1, 5.5), (9, 5.5))


def test_the_patient_is_the_one_of_the_images_and_nothing_is_signed(study: Study) -> None:
    ds = measurement_report(study, everything(study), datetime(2026, 11, 21, 9, 30))
    assert (ds.PatientName, ds.PatientID, ds.AccessionNumber) == ("DOE^Jane", "0042317", "88213")
    assert ds.StudyInstanceUID == study.study_instance_uid
    flags = ds.CompletionFlag, ds.VerificationFlag, ds.PreliminaryFlag
    assert flags == ("PARTIAL", "UNVERIFIED", "PRELIMINARY")
    assert "Research use" in ds.CompletionFlagDescription
    assert (ds.ContentDate, ds.ContentTime) == ("20261121", "093000")


def test_it_is_shown_as_a_document(study: Study, tmp_path: Path) -> None:
    write_measurements(tmp_path / "sr.dcm", study, everything(study))
    (document,) = open_all([tmp_path]).studies[0].documents
    assert document.kind is DocumentKind.REPORT
    assert document.title == "Imaging Measurement Report"
    flags = "Preliminary, partial, unverified"
    assert document.note == f"{flags}. Draft, requires review. Research use."
    root = read_document(document).root
    assert root is not None
    groups = root.children[-1].children
    said = [child.text for group in groups for child in group.children]
    assert not any("2.25." in words for words in said)  # names for programs
    assert [child.text for child in groups[1].children[1].children] == [
        "polyline on the image, frame 3"
    ]
    assert groups[1].children[1].children[0].image is not None
    assert any(words.endswith(" HU") for words in said)
    assert "2.637 mm" not in said  # numbers are not shortened: what is written is shown
    assert any(words.endswith(" mm") for words in said)


def test_what_has_no_name_is_given_one_to_be_read(study: Study) -> None:
    named = replace(measurement(study, 0), label="Length 1")
    nameless = [replace(one, label="") for one in everything(study)]
    ds = measurement_report(study, [named, *nameless])
    names = [one.label for one in measurements_of(ds)]
    assert names[:3] == ["Length 1", "Length 2", "Two diameters 1"]
    assert len(set(names)) == len(names)


def test_frames_are_named_from_one_in_the_file(study: Study) -> None:
    ds = measurement_report(study, [measurement(study, 0, 2)])
    assert [one.image.frames for one in measurements_of(ds)] == [(2,)]
    assert "Referenced Frame Number             IS: '3'" in str(ds)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "M\u00fcller^J\u00f6rg"),
        ("ISO_IR 144", "\u041b\u044e\u043a"),
        ("ISO_IR 192", "Wang^XiaoDong=\u738b^\u5c0f\u4e1c"),
    ],
)
def test_names_survive_another_character_set(tmp_path: Path, charset: str, name: str) -> None:
    ds = dataset(ramp(), SpecificCharacterSet=charset, PatientName=name)
    study = load_study([save(tmp_path / "a.dcm", ds)])
    write_measurements(tmp_path / "sr.dcm", study, [measurement(study, 8)])
    again = pydicom.dcmread(tmp_path / "sr.dcm")
    assert again.SpecificCharacterSet == "ISO_IR 192"
    assert again.PatientName == name
    assert load_study([tmp_path]).documents  # of one study with its image


def test_nothing_measured_and_strangers_are_refused(study: Study) -> None:
    with pytest.raises(UserFacingError, match="no measurement to write"):
        measurement_report(study, [])
    stranger = measurement(study, 0)
    elsewhere = Measurement(
        stranger.uid,
        type(stranger.image)("1.2", "9.9.9"),
        stranger.shape,
        stranger.readings,
    )
    with pytest.raises(UserFacingError, match="not in this study"):
        measurement_report(study, [elsewhere])


def test_what_stood_there_is_kept_when_writing_fails(study: Study, tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(UserFacingError, match="could not be opened"):
        write_measurements(target, study, everything(study))
    assert target.is_dir()
    assert not list(tmp_path.glob("*.part"))


def test_nonsense_is_refused_when_made(study: Study) -> None:
    image = measurement(study, 0).image
    with pytest.raises(ValueError, match="own readings"):
        Measurement("1.2", image, SHAPES[0])
    with pytest.raises(ValueError, match="three corners"):
        Measurement("1.2", image, FreehandRoi(((0, 0), (1, 1))))


def test_ids_become_uids_and_come_back() -> None:
    assert id_of(uid_of("00f1" * 8)) == "00f1" * 8
    assert id_of("1.2.840.1") == "1.2.840.1"


finite = st.floats(0, 60_000, allow_nan=False)
points = st.tuples(finite, finite)


@given(points, points)
def test_rounding_is_what_32_bits_hold_exactly(one: tuple, other: tuple) -> None:
    for shape in (Length(one, other), EllipseRoi(one, other)):
        exact = rounded(shape)
        corners = np.array([*vars_of(exact)], dtype=np.float64)
        assert np.array_equal(corners.astype(np.float32).astype(np.float64), corners)
        middle = corners.mean(axis=0)
        assert np.array_equal(middle.astype(np.float32).astype(np.float64), middle)
        assert rounded(exact) == exact
        assert np.abs(np.sort(corners, 0) - np.sort([one, other], 0)).max() <= 1 / 256


def vars_of(shape: object) -> list[tuple[float, float]]:
    return [getattr(shape, name) for name in shape.__slots__]  # type: ignore[attr-defined]


@given(st.floats(-1e300, 1e300, allow_nan=False))
def test_decimal_strings_are_never_too_long(value: float) -> None:
    text = decimal(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, rel=1e-8)


def test_a_turned_ellipse_becomes_an_outline(study: Study) -> None:
    ds = measurement_report(study, [measurement(study, 4)])
    group = ds.ContentSequence[-1].ContentSequence[0]
    region = next(one for one in group.ContentSequence if one.ValueType == "SCOORD")
    region.GraphicData = [0.0, 0.0, 10.0, 10.0, 7.0, 3.0, 3.0, 7.0]
    (found,) = measurements_of(ds)
    assert isinstance(found.shape, FreehandRoi)
    assert len(found.shape.path) == 64
    for x, y in found.shape.path:
        along, across = (x + y - 10) / 2**0.5, (x - y) / 2**0.5
        assert (along / 50**0.5) ** 2 + (across / 8**0.5) ** 2 == pytest.approx(1, abs=0.02)


def test_damaged_groups_are_left_out_and_the_others_read(study: Study) -> None:
    ds = measurement_report(study, everything(study))
    groups = ds.ContentSequence[-1].ContentSequence
    for child in groups[0].ContentSequence:
        if child.ValueType == "NUM":
            del child.ContentSequence
    groups[4].ContentSequence = []
    assert len(measurements_of(ds)) == len(SHAPES) - 2


def test_statistics_keep_every_bit(study: Study) -> None:
    odd = Statistics(3, 1 / 3, 2e-17, -1e300, 0.1)
    image = measurement(study, 4).image
    ours = measured("1.2.3", image, SHAPES[4], MM, statistics=odd, label="Odd")
    (found,) = measurements_of(measurement_report(study, [ours]))
    assert found == ours


def test_dcmtk_reads_the_report_without_a_complaint(study: Study, tmp_path: Path) -> None:
    write_measurements(tmp_path / "sr.dcm", study, everything(study))
    said = dcmtk.run("dsrdump", tmp_path / "sr.dcm")
    assert said.returncode == 0, said.stderr
    complaints = [line for line in said.stderr.splitlines() if "Character Set" not in line]
    assert not complaints  # its checker of values knows no UTF-8, and says so
    assert said.stdout.count('"Measurement Group"') == len(SHAPES)


def test_the_file_itself_says_comprehensive_sr(study: Study, tmp_path: Path) -> None:
    write_measurements(tmp_path / "sr.dcm", study, everything(study))
    ds = pydicom.dcmread(tmp_path / "sr.dcm")
    assert ds.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.88.33"
    assert tid1500.problems(ds) == []
