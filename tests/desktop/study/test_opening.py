"""Several studies and patients in one opening, as they come; discs, priors, duplicates, cancel."""

from __future__ import annotations

import shutil
import threading
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lacuna.errors import Cancelled, UserFacingError
from lacuna.study import conflicts, sources
from lacuna.study.dicomdir import referenced
from lacuna.study.load import load_study
from lacuna.study.model import Opened, Patient, PatientRecord
from lacuna.study.stream import open_stream
from tests.desktop.study.builder import dataset, ramp, save
from tests.helpers import synthetic
from tests.helpers.opening import open_all

DISC = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"


def image(path: Path, **attributes: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return save(path, dataset(ramp(), **attributes))


def two_patients(folder: Path) -> Path:
    for number, day in enumerate(("20240105", "20260307", "20260307", "")):
        image(
            folder / "jane" / f"{number}.dcm",
            StudyInstanceUID=f"1.2.{number}",
            SeriesInstanceUID=f"1.2.{number}.1",
            StudyDate=day,
            StudyTime=f"0{number}0000",
        )
    image(folder / "john" / "a.dcm", PatientName="ROE^John", PatientID="7", StudyDate="20260101")
    return folder


def test_patients_and_studies_apart_newest_first(tmp_path: Path) -> None:
    opened = open_all([two_patients(tmp_path)])
    assert [record.patient.name for record in opened.patients] == ["DOE, Jane", "ROE, John"]
    assert [study.time for study in opened.patients[0].studies] == [
        "20260307020000",
        "20260307010000",
        "20240105000000",
        "",
    ]
    assert opened.complete
    assert opened.total == 5


def test_priors_are_grouped_by_day_and_never_newer(tmp_path: Path) -> None:
    jane = open_all([two_patients(tmp_path)]).patients[0]
    days = [(day.day, len(day.studies)) for day in jane.priors(jane.studies[0])]
    assert days == [("20260307", 1), ("20240105", 1), ("", 1)]
    assert [day.day for day in jane.priors(jane.studies[2])] == [""]


def test_one_name_with_two_ids_is_two_patients(tmp_path: Path) -> None:
    image(tmp_path / "a.dcm", PatientID="1")
    image(tmp_path / "b.dcm", PatientID="2")
    assert len(open_all([tmp_path]).patients) == 2


def test_nameless_studies_are_nobodys_priors(tmp_path: Path) -> None:
    for number, day in enumerate(("20240105", "20260307")):
        image(
            tmp_path / f"{number}.dcm",
            PatientID="",
            PatientName="",
            StudyInstanceUID=f"1.2.{number}",
            StudyDate=day,
        )
    opened = open_all([tmp_path])
    assert len(opened.patients) == 2
    assert not any(record.priors(record.studies[0]) for record in opened.patients)


def test_duplicates_and_strange_files_are_told_and_left_out(tmp_path: Path) -> None:
    image(tmp_path / "a.dcm", SOPInstanceUID="1.2.3")
    image(tmp_path / "b.dcm", SOPInstanceUID="1.2.3")
    (tmp_path / "notes.txt").write_text("not a picture")
    opened = open_all([tmp_path, tmp_path / "a.dcm"])
    assert opened.studies[0].image_count == 1
    assert sorted(one.reason for one in opened.refused) == [
        "b.dcm is the same image as a.dcm.",
        "notes.txt is not DICOM.",
    ]


def test_documents_states_and_pictures_of_one_study(tmp_path: Path) -> None:
    synthetic.write("hounsfield", tmp_path)
    for name in synthetic.DOCUMENTS:
        synthetic.write(name, tmp_path)
    (study,) = open_all([tmp_path]).studies
    assert study.image_count == 1
    assert sorted(one.title for one in study.documents) == ["Of Interest", "Outside report"]
    assert [one.label for one in study.presentations] == ["REVIEW"]


def test_documents_alone_make_a_study_but_no_case_to_report(tmp_path: Path) -> None:
    path = synthetic.write("pdf", tmp_path)
    assert open_all([path]).studies[0].series == ()
    with pytest.raises(UserFacingError, match="holds a document, and no picture"):
        load_study([path])


def test_a_stream_begins_with_the_first_image_and_ends_complete(tmp_path: Path) -> None:
    for number in range(30):
        image(tmp_path / f"{number:02}.dcm", InstanceNumber=number)
    growing = list(open_stream([tmp_path], every=0.0))
    counts = [one.studies[0].image_count for one in growing]
    assert counts[0] == 1
    assert counts == sorted(counts)
    assert counts[-1] == 30
    assert [one.complete for one in growing].count(True) == 1
    assert growing[-1].complete
    whole = open_all([tmp_path])
    assert growing[-1].patients == whole.patients


def test_a_stream_keeps_to_its_pace(tmp_path: Path) -> None:
    for number in range(30):
        image(tmp_path / f"{number:02}.dcm")
    growing = list(open_stream([tmp_path], every=1e6))
    assert [one.studies[0].image_count for one in growing] == [1, 30]


def test_the_order_of_slices_holds_in_every_picture_of_a_stream(tmp_path: Path) -> None:
    for number in range(12):
        image(
            tmp_path / f"{number * 7 % 12:02}.dcm",
            ImagePositionPatient=[0, 0, float(number)],
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        )
    for opened in open_stream([tmp_path], every=0.0):
        places = [one.position for one in opened.studies[0].series[0].images]
        assert places == sorted(places, key=float)  # type: ignore[arg-type]


def test_a_stream_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(UserFacingError, match="is empty"):
        list(open_stream([tmp_path]))


def test_cancel_stops_before_the_next_file(tmp_path: Path) -> None:
    for number in range(5):
        image(tmp_path / f"{number}.dcm")
    cancel, seen = threading.Event(), []

    def watch(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            cancel.set()

    with pytest.raises(Cancelled):
        load_study([tmp_path], progress=watch, cancel=cancel)
    assert seen == [(1, 5), (2, 5)]
    stream = open_stream([tmp_path], cancel=cancel)
    with pytest.raises(Cancelled):
        next(stream)


def test_to_stop_iterating_closes_what_was_open(tmp_path: Path) -> None:
    for number in range(5):
        image(tmp_path / f"{number}.dcm")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for file in sorted(tmp_path.glob("*.dcm")):
            packed.write(file, file.name)
    stream = open_stream([tmp_path / "all.zip"], every=0.0)
    assert isinstance(next(stream), Opened)
    stream.close()  # type: ignore[attr-defined]
    (tmp_path / "all.zip").unlink()  # Windows refuses this of an open file


def test_a_disc_is_read_by_its_index() -> None:
    files = referenced(DISC / "DICOMDIR")
    assert len(files) == 31
    opened = open_all([DISC / "DICOMDIR"])
    assert not opened.refused
    assert [(one.patient.name, len(one.studies)) for one in opened.patients] == [
        ("Doe, Peter", 4),
        ("Doe, Archibald", 2),
    ]


def test_a_disc_mounted_with_small_letters(tmp_path: Path) -> None:
    shutil.copy(DISC / "DICOMDIR", tmp_path / "DICOMDIR")
    shutil.copytree(DISC / "77654033", tmp_path / "77654033")
    for file in sorted(tmp_path.rglob("*"), reverse=True):
        if file.name != "DICOMDIR":
            file.rename(file.with_name(file.name.lower()))
    assert open_all([tmp_path / "DICOMDIR"]).total == 7


def test_a_damaged_index_does_not_hide_the_pictures(tmp_path: Path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM" + b"junk" * 50)
    image(tmp_path / "sub" / "a.dcm")
    assert open_all([tmp_path / "DICOMDIR"]).studies[0].image_count == 1


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
@pytest.mark.parametrize("name", ["..", "../../secret", "/etc/passwd", "C:\\secret"])
def test_an_index_never_leads_out_of_its_disc(tmp_path: Path, name: str) -> None:
    disc = tmp_path / "disc"
    disc.mkdir()
    image(tmp_path / "secret")
    index = pydicom.dcmread(DISC / "DICOMDIR")
    for record in index.DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            record.ReferencedFileID = ["..", "secret"] if name == ".." else name
    index.save_as(disc / "DICOMDIR")
    assert referenced(disc / "DICOMDIR") == []


def test_cancel_while_a_folder_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled), sources.Reader() as reader:
        sources.gather([tmp_path], reader, cancel)


def test_series_tell_what_hangs_them(tmp_path: Path) -> None:
    image(
        tmp_path / "a.dcm",
        Modality="MG",
        ViewPosition="MLO",
        ImageLaterality="R",
        BodyPartExamined="BREAST",
        SeriesDate="20261120",
        SeriesTime="091500",
        AcquisitionDate="20261120",
        AcquisitionTime="091412.5",
    )
    (study,) = open_all([tmp_path]).studies
    series = study.series[0]
    assert (series.modality, series.body_part, series.time) == ("MG", "BREAST", "20261120091500")
    assert (series.images[0].position_code, series.images[0].laterality) == ("MLO", "R")
    assert series.images[0].time == "20261120091412"
    assert study.modalities == ("MG",)


def test_marks_of_lossy_and_burned_in_pictures(tmp_path: Path) -> None:
    plain = load_study([image(tmp_path / "a.dcm")]).series[0].images[0]
    assert (plain.lossy, plain.burned_in, plain.lossy_ratio) == (False, None, None)
    marked = image(
        tmp_path / "b.dcm",
        LossyImageCompression="01",
        LossyImageCompressionRatio=[10, 2],
        BurnedInAnnotation="YES",
    )
    found = load_study([marked]).series[0].images[0]
    assert (found.lossy, found.burned_in, found.lossy_ratio) == (True, True, 20.0)


def test_cine_rates_and_frame_times(tmp_path: Path) -> None:
    movie = np.stack([ramp()] * 3)
    path = save(
        tmp_path / "a.dcm",
        dataset(movie, NumberOfFrames=3, FrameTimeVector=[0, 40, 80], CineRate=25),
    )
    found = load_study([path]).series[0].images[0]
    assert found.frame_rate == 25
    assert found.frame_times == (40, 80, 80)


BLANK = {"StudyInstanceUID": "", "PatientID": "", "PatientName": "", "PatientBirthDate": ""}


def test_files_that_name_nobody_are_one_study_only_within_a_series(tmp_path: Path) -> None:
    for number in range(2):
        image(tmp_path / f"a{number}.dcm", **BLANK, SeriesInstanceUID="1.2.1")
    image(tmp_path / "b.dcm", **BLANK, SeriesInstanceUID="1.2.2")
    for number in range(2):
        image(tmp_path / f"c{number}.dcm", **BLANK, SeriesInstanceUID="")
    opened = open_all([tmp_path])
    assert sorted(study.image_count for study in opened.studies) == [1, 1, 1, 2]
    assert len(opened.patients) == 4
    assert len({study.key for study in opened.studies}) == 4
    assert load_study([tmp_path]).image_count == 2


def test_one_patients_studies_without_uids_are_told_apart_by_time(tmp_path: Path) -> None:
    for day in ("20240105", "20260307"):
        image(tmp_path / f"{day}.dcm", StudyInstanceUID="", StudyDate=day)
    (jane,) = open_all([tmp_path]).patients
    assert len(jane.studies) == 2
    assert [day.day for day in jane.priors(jane.studies[0])] == ["20240105"]


@pytest.mark.parametrize("study", ["1.2.1", "1.2.2"])
def test_another_birth_date_is_another_patient_and_the_list_says_why(
    tmp_path: Path, study: str
) -> None:
    image(tmp_path / "a.dcm", StudyInstanceUID="1.2.1", SOPInstanceUID="1.2.3")
    image(
        tmp_path / "b.dcm",
        StudyInstanceUID=study,
        SOPInstanceUID="1.2.3",
        StudyDate="20240105",
        PatientBirthDate="19991231",
    )
    opened = open_all([tmp_path])
    assert not opened.refused
    assert [record.patient.birth_date for record in opened.patients] == [
        "11 Apr 1962",
        "31 Dec 1999",
    ]
    assert not any(record.priors(record.studies[0]) for record in opened.patients)
    assert {record.apart for record in opened.patients} == {conflicts.OTHER_BIRTH}
    (refused,) = load_study([tmp_path]).refused
    assert "another patient" in refused.reason


def test_a_birth_date_that_is_left_out_is_no_other_one(tmp_path: Path) -> None:
    image(tmp_path / "a.dcm", StudyInstanceUID="1.2.1", PatientBirthDate="")
    image(tmp_path / "b.dcm", StudyInstanceUID="1.2.1")
    image(tmp_path / "c.dcm", StudyInstanceUID="1.2.2", PatientBirthDate="")
    growing = list(open_stream([tmp_path], every=0.0))
    (jane,) = growing[-1].patients
    assert jane.patient.birth_date == "11 Apr 1962"
    assert not jane.apart
    assert sorted(study.image_count for study in jane.studies) == [1, 2]
    first, last = growing[0].studies[0], growing[-1].studies
    assert [one.image_count for one in last if one.may_be(first)] == [2]


def test_no_birth_date_is_nobodys_between_two_of_one_name(tmp_path: Path) -> None:
    for number, birth in enumerate(("19620411", "19991231", "")):
        image(tmp_path / f"{number}.dcm", StudyInstanceUID=f"1.2.{number}", PatientBirthDate=birth)
    opened = open_all([tmp_path])
    assert len(opened.patients) == 3
    (unknown,) = [one for one in opened.patients if not one.patient.birth_date]
    assert unknown.apart == conflicts.NO_BIRTH


@pytest.mark.parametrize("shared", [{}, {"name": "ANON"}, {"id": "1"}])
def test_of_many_patients_not_everyone_is_compared_with_everyone(
    shared: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    told = conflicts.reason_apart

    def reason_apart(one: Patient, other: Patient) -> str:
        compared.append((one, other))
        return told(one, other)

    monkeypatch.setattr(conflicts, "reason_apart", reason_apart)
    patients = [Patient(**{"name": f"N{n}", "id": f"I{n}"} | shared) for n in range(300)]
    records = conflicts.tell_apart([PatientRecord(patient, ()) for patient in patients])
    assert {one.apart for one in records} == {conflicts.OTHER_NAME if "id" in shared else ""}
    assert len(compared) <= len(records)


@pytest.mark.parametrize(
    ("differs", "why"),
    [
        ({"PatientName": "ROE^John"}, conflicts.OTHER_NAME),
        ({"PatientID": "7"}, conflicts.OTHER_ID),
        ({"PatientID": "7", "PatientBirthDate": ""}, ""),
    ],
)
def test_why_patients_who_are_much_alike_are_two(
    tmp_path: Path, differs: dict[str, str], why: str
) -> None:
    image(tmp_path / "a.dcm", StudyInstanceUID="1.2.1")
    image(tmp_path / "b.dcm", StudyInstanceUID="1.2.2", **differs)
    assert [one.apart for one in open_all([tmp_path]).patients] == [why, why]
