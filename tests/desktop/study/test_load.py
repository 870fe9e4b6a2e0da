from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from lacuna.errors import Cancelled
from lacuna.study.load import load_study
from lacuna_models.api import Origin
from tests.desktop.study.builder import SERIES, STUDY, dataset, ramp, save


def test_a_file_shows_who_and_what(tmp_path: Path) -> None:
    ds = dataset(ramp(), StudyDescription="Chest, PA and lateral", ViewPosition="PA")
    ds.ImagerPixelSpacing = [0.14, 0.15]
    study = load_study([save(tmp_path / "a.dcm", ds)])
    assert study.patient.name == "DOE, Jane"
    assert (study.patient.sex, study.patient.age) == ("F", "64 y")
    assert study.patient.birth_date == "11 Apr 1962"
    assert study.date == "20 Nov 2026, 09:14"
    assert study.description == "Chest, PA and lateral"
    image = study.series[0].images[0]
    assert (image.rows, image.columns, image.view) == (16, 24, "PA")
    assert image.pixel_spacing == (0.14, 0.15)
    assert image.origin is Origin.PATIENT
    assert not study.is_phantom
    assert study.refused == ()


def test_a_study_without_a_title_is_named_by_its_views(tmp_path: Path) -> None:
    save(tmp_path / "a.dcm", dataset(ramp(), ViewPosition="PA"))
    save(tmp_path / "b.dcm", dataset(ramp(), ViewPosition="LL", InstanceNumber=2))
    assert load_study([tmp_path]).description == "DX, PA, Lateral"


def test_series_and_images_come_in_order(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        uid = f"{SERIES}.{number}"
        for instance in (2, 1):
            ds = dataset(ramp(), SeriesInstanceUID=uid, SeriesNumber=number)
            ds.InstanceNumber = instance
            save(tmp_path / f"{number}-{instance}.dcm", ds)
    study = load_study([tmp_path])
    assert [series.number for series in study.series] == [1, 2, 3]
    assert [image.instance_number for image in study.series[0].images] == [1, 2]


def test_slices_follow_their_position_not_their_number(tmp_path: Path) -> None:
    for instance, height in ((1, 10.0), (2, -5.0), (3, 2.5)):
        ds = dataset(ramp(), Modality="CT", InstanceNumber=instance)
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.ImagePositionPatient = [0, 0, height]
        save(tmp_path / f"{instance}.dcm", ds)
    images = load_study([tmp_path]).series[0].images
    assert [image.position for image in images] == [-5.0, 2.5, 10.0]
    assert [image.instance_number for image in images] == [2, 3, 1]


def test_slices_of_several_orientations_follow_their_number(tmp_path: Path) -> None:
    turned = ([1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1])
    for instance, cosines in enumerate(turned, start=1):
        ds = dataset(ramp(), InstanceNumber=instance, ImageOrientationPatient=cosines)
        ds.ImagePositionPatient = [-90 * instance, 0, 0]
        save(tmp_path / f"{3 - instance}.dcm", ds)
    images = load_study([tmp_path]).series[0].images
    assert [image.instance_number for image in images] == [1, 2]
    assert {image.position for image in images} == {None}


def test_patients_are_never_mixed_even_under_one_study_uid(tmp_path: Path) -> None:
    for index in range(2):
        save(tmp_path / f"ours{index}.dcm", dataset(ramp(), InstanceNumber=index))
    save(tmp_path / "other.dcm", dataset(ramp(), PatientID="9", PatientName="ROE^Rik"))
    save(tmp_path / "older.dcm", dataset(ramp(), StudyInstanceUID=STUDY + ".9"))
    study = load_study([tmp_path])
    assert study.patient.id == "0042317"
    assert len(study.series[0].images) == 2
    reasons = {refusal.name: refusal.reason for refusal in study.refused}
    assert "another patient" in reasons["other.dcm"]
    assert "another study of this patient" in reasons["older.dcm"]
    assert not any("ROE" in reason for reason in reasons.values())


def test_the_same_image_twice_is_shown_once(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp()))
    (tmp_path / "b.dcm").write_bytes(path.read_bytes())
    study = load_study([tmp_path, path])
    assert len(study.series[0].images) == 1
    assert [refusal.reason for refusal in study.refused] == ["b.dcm is the same image as a.dcm."]


def test_a_folder_is_read_through_and_its_junk_is_named(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    save(tmp_path / "deep" / "er" / "IM0", dataset(ramp()))
    (tmp_path / "README.txt").write_text("hello")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    study = load_study([tmp_path])
    assert study.series[0].images[0].source.name == "IM0"
    assert [refusal.reason for refusal in study.refused] == ["README.txt is not DICOM."]


def test_a_zip_is_read_without_unpacking(tmp_path: Path) -> None:
    inside = save(tmp_path / "a.dcm", dataset(ramp()))
    packed = tmp_path / "study.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inside, "DICOM/IM0001")
        archive.writestr("__MACOSX/DICOM/._IM0001", b"x")
    inside.unlink()
    study = load_study([packed])
    image = study.series[0].images[0]
    assert (image.source.path, image.source.member) == (packed, "DICOM/IM0001")
    assert image.source.name == "IM0001"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.zip"]


def test_text_is_text_whatever_it_says(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>^\x1b[31mEve"
    ds = dataset(ramp(), StudyDescription="One\nTwo\x07 three", PatientID="A\u202eB")
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = hostile
    study = load_study([save(tmp_path / "a.dcm", ds)])
    assert study.patient.name == "<script>alert(1)</script>, [31mEve"
    assert study.description == "One Two three"
    assert study.patient.id == "A B"


@pytest.mark.parametrize(
    ("charset", "name", "shown"),
    [
        ("ISO_IR 100", "Müller^Jörg", "Müller, Jörg"),
        ("ISO_IR 192", "Łęcka^Zoë", "Łęcka, Zoë"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎", "Yamada, Tarou (山田, 太郎)"),
        ("ISO_IR 144", "Иванов^Иван", "Иванов, Иван"),
    ],
)
def test_names_in_many_scripts(
    tmp_path: Path, charset: str | list[str], name: str, shown: str
) -> None:
    ds = dataset(ramp())
    ds.SpecificCharacterSet = charset
    ds.PatientName = name
    assert load_study([save(tmp_path / "a.dcm", ds)]).patient.name == shown


def test_a_file_without_a_preamble_is_still_dicom(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp()))
    path.write_bytes(path.read_bytes()[132:])
    assert load_study([path]).patient.name == "DOE, Jane"


def test_a_bare_implicit_dataset_is_still_dicom(tmp_path: Path) -> None:
    ds = dataset(ramp())
    path = tmp_path / "bare"
    del ds.file_meta
    ds.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
    image = load_study([path]).series[0].images[0]
    assert (image.rows, image.columns) == (16, 24)


def test_implicit_files_read_the_same(tmp_path: Path) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp()), ImplicitVRLittleEndian)
    assert load_study([path]).series[0].images[0].columns == 24


def test_phantoms_are_known_by_both_marks(tmp_path: Path) -> None:
    marks = {"ManufacturerModelName": "Lacuna phantom", "QualityControlImage": "YES"}
    for index, keyword in enumerate(marks):
        half = dataset(ramp(), **{keyword: marks[keyword]})
        path = save(tmp_path / f"{index}.dcm", half)
        assert not load_study([path]).is_phantom
    assert load_study([save(tmp_path / "p.dcm", dataset(ramp(), **marks))]).is_phantom


def test_progress_is_told_and_cancel_is_heard(tmp_path: Path) -> None:
    for index in range(3):
        save(tmp_path / f"{index}.dcm", dataset(ramp(), InstanceNumber=index))
    seen: list[tuple[int, int]] = []
    load_study([tmp_path], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    stop = threading.Event()
    with pytest.raises(Cancelled):
        load_study([tmp_path], progress=lambda done, total: stop.set(), cancel=stop)


def test_multi_frame_counts_its_frames(tmp_path: Path) -> None:
    movie = np.stack([ramp(), ramp() + 1000])
    study = load_study([save(tmp_path / "a.dcm", dataset(movie, NumberOfFrames=2))])
    assert study.series[0].images[0].frames == 2


def test_studies_without_a_uid_stay_apart(tmp_path: Path) -> None:
    first = save(tmp_path / "a.dcm", dataset(ramp(), StudyInstanceUID=""))
    second = save(tmp_path / "b.dcm", dataset(ramp(), StudyInstanceUID="", PatientID="9"))
    uids = [load_study([path]).study_instance_uid for path in (first, first, second)]
    assert uids[0] == uids[1]
    assert uids[0] != uids[2]
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)


def test_a_dicomdir_stands_for_its_folder(tmp_path: Path) -> None:
    (tmp_path / "IMAGES").mkdir()
    save(tmp_path / "IMAGES" / "IM0", dataset(ramp()))
    (tmp_path / "DICOMDIR").write_bytes(b"an index")
    study = load_study([tmp_path / "DICOMDIR"])
    assert study.series[0].images[0].source.name == "IM0"
    assert study.refused == ()
