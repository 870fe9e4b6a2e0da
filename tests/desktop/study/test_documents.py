"""Documents as text and PDF, presentation states as frozen data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from lacuna.errors import UserFacingError
from lacuna.study import report_text
from lacuna.study.document import Document, DocumentKind, Node
from lacuna.study.documents import read_document
from lacuna.study.load import load_study
from lacuna.study.model import Window
from lacuna.study.pixels import read_pixels
from lacuna.study.present import picture
from lacuna.study.softcopy import GraphicKind, PresentationState, Table
from lacuna.study.tables import look_up
from tests.desktop.study.builder import dataset, ramp, save
from tests.helpers import dcmtk, synthetic
from tests.helpers.opening import open_all

SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"


def only(path: Path) -> Document:
    (found,) = open_all([path]).studies[0].documents
    return found


def said(node: Node) -> list[str]:
    return [f"{node.name}: {node.text}", *(one for child in node.children for one in said(child))]


def test_a_pdf_comes_out_as_it_went_in(tmp_path: Path) -> None:
    document = only(synthetic.write("pdf", tmp_path))
    assert (document.kind, document.title) == (DocumentKind.PDF, "Outside report")
    assert document.date == "21 Nov 2026, 08:00"
    content = read_document(document)
    assert content.pdf == b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n"
    assert content.root is None


def test_a_pdf_that_is_none(tmp_path: Path) -> None:
    ds = synthetic.document("pdf")
    ds.EncapsulatedDocument = b"MZ this is a program"
    with pytest.raises(UserFacingError, match="says that it holds a PDF, and holds none"):
        read_document(only(save(tmp_path / "a.dcm", ds)))


def test_key_objects_point_at_images(tmp_path: Path) -> None:
    document = only(synthetic.write("key-objects", tmp_path))
    assert (document.kind, document.title) == (DocumentKind.KEY_OBJECTS, "Of Interest")
    (image,) = document.images
    assert (image.study_uid, image.series_uid, image.sop_instance_uid) == (
        "1.2.6",
        "1.2.5",
        "1.2.3.4",
    )
    root = read_document(document).root
    assert root is not None
    assert root.children[0].text == "Two lines\nof text"


def test_the_report_that_pydicom_ships_reads_as_text() -> None:
    document = only(SHIPPED / "test-SR.dcm")
    root = read_document(document).root
    assert root is not None
    lines = said(root)
    assert lines[0] == "Diagnosis: "
    assert any(len(line) > 40 for line in lines)


def report(**attributes: object) -> Dataset:
    ds = synthetic.document("ko")
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.22"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def item(kind: str, name: str, **attributes: object) -> Dataset:
    ds = Dataset()
    ds.RelationshipType, ds.ValueType = "CONTAINS", kind
    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = "1", "99X", name
    ds.ConceptNameCodeSequence = [concept]
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def code(value: str, meaning: str) -> list[Dataset]:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = value, "UCUM", meaning
    return [ds]


def test_each_kind_of_content_item_in_words(tmp_path: Path) -> None:
    number = Dataset()
    number.NumericValue, number.MeasurementUnitsCodeSequence = "12.50", code("mm", "millimeter")
    picture = Dataset()
    picture.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    picture.ReferencedSOPInstanceUID, picture.ReferencedFrameNumber = "1.2.9", [3]
    ds = report(
        CompletionFlag="PARTIAL",
        VerificationFlag="UNVERIFIED",
        ContentSequence=[
            item("NUM", "Size", MeasuredValueSequence=[number]),
            item("NUM", "None", MeasuredValueSequence=[]),
            item("CODE", "Side", ConceptCodeSequence=code("L", "Left")),
            item("PNAME", "Reader", PersonName="ROE^Jane^^Dr"),
            item("DATE", "Day", Date="20261121"),
            item("TIME", "Time", Time="081500"),
            item("DATETIME", "When", DateTime="20261121081500"),
            item("UIDREF", "Uid", UID="1.2.3"),
            item("IMAGE", "Image", ReferencedSOPSequence=[picture]),
            item("SCOORD", "Place", GraphicType="POINT", GraphicData=[1.0, 2.0]),
        ],
    )
    document = only(save(tmp_path / "a.dcm", ds))
    assert document.note == "Partial, unverified"
    root = read_document(document).root
    assert root is not None
    assert said(root)[1:] == [
        "Size: 12.5 mm",
        "None: no value",
        "Side: Left",
        "Reader: ROE, Jane",
        "Day: 21 Nov 2026",
        "Time: 08:15",
        "When: 21 Nov 2026, 08:15",
        "Uid: 1.2.3",
        "Image: CT Image, frame 3",
        "Place: point on the image",
    ]
    assert root.children[8].image is not None
    assert root.children[8].image.frames == (2,)


def test_a_report_without_end_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_text, "MAX_NODES", 3)
    ds = report(ContentSequence=[item("TEXT", "A", TextValue="a") for _ in range(5)])
    with pytest.raises(UserFacingError, match="nested too deeply, or too long"):
        read_document(only(save(tmp_path / "a.dcm", ds)))


def state_of(path: Path) -> PresentationState:
    (found,) = open_all([path]).studies[0].presentations
    return found


def test_a_presentation_state_says_how_somebody_looked(tmp_path: Path) -> None:
    state = state_of(synthetic.write("presentation", tmp_path))
    assert (state.label, state.creator, state.date) == (
        "REVIEW",
        "ROE, Richard",
        "20 Nov 2026, 10:15",
    )
    assert state.covers("1.2.3.4")
    assert not state.covers("1.2.3.5")
    assert state.windows[0].window == Window(40, 80)
    assert (state.inverse, state.rotation, state.flip) == (True, 90, True)
    assert state.rescale == (2.0, -5.0)
    assert state.shutter is not None
    assert state.shutter.rectangle == (3, 2, 20, 12)
    area = state.areas[0]
    assert (area.top_left, area.bottom_right, area.aspect) == ((2, 3), (20, 14), 2.0)
    layer = state.layers[0]
    assert (layer.name, layer.order) == ("ONE", 1)
    assert layer.graphics[0].kind is GraphicKind.POLYLINE
    assert layer.graphics[0].points == ((1, 2), (8, 9))
    caption = layer.captions[0]
    assert (caption.text, caption.anchor, caption.anchor_relative) == ("Here", (0.5, 0.5), True)


def test_what_a_state_says_of_each_image(tmp_path: Path) -> None:
    ds = synthetic.presentation()
    other = Dataset()
    other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = "1.2", "9.9"
    for_other = Dataset()
    for_other.WindowCenter, for_other.WindowWidth = 1, 2
    for_other.ReferencedImageSequence = [other]
    ds.SoftcopyVOILUTSequence = [for_other, *ds.SoftcopyVOILUTSequence]
    state = state_of(save(tmp_path / "p.dcm", ds))
    assert state.window_of("9.9") == Window(1, 2)
    assert state.window_of("1.2.3.4") == Window(40, 80)
    assert [layer.name for layer in state.layers_of("1.2.3.4")] == ["ONE"]
    assert state.layers_of("9.9") == ()
    assert state.area_of("9.9") is state.areas[0]  # it names none, so it is meant for all


@pytest.mark.parametrize("lut", [False, True])
def test_dcmtk_presents_the_same_picture(tmp_path: Path, lut: bool) -> None:
    pixels = (ramp(32, 40) * 3).astype("u2")
    shown = dataset(pixels, RescaleSlope=1, RescaleIntercept=-1024, Modality="CR")
    shown.SOPClassUID, shown.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3.4"
    shown.SeriesInstanceUID = "1.2.5"
    ds = synthetic.presentation()
    del ds.GraphicAnnotationSequence, ds.GraphicLayerSequence
    del ds.ImageRotation, ds.ImageHorizontalFlip
    area = ds.DisplayedAreaSelectionSequence[0]
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = [1, 1], [40, 32]
    del area.PresentationPixelSpacing
    area.PresentationPixelAspectRatio = [1, 1]
    del ds.ShutterShape  # it leaves shutters to its viewer
    window = Dataset()
    window.WindowCenter, window.WindowWidth = 2000, 3000
    if lut:
        del window.WindowCenter, window.WindowWidth
        window.VOILUTSequence = synthetic.lut(10, 12, [(i * i) % 4096 for i in range(4000)])
    ds.SoftcopyVOILUTSequence = [window]
    state_path, path = save(tmp_path / "p.dcm", ds), save(tmp_path / "i.dcm", shown)
    done = dcmtk.run("dcmp2pgm", "-p", state_path, path, tmp_path / "out.pgm")
    assert done.returncode == 0, done.stderr
    header, data = (tmp_path / "out.pgm").read_bytes().split(b" 255\n", 1)
    width, height = (int(part) for part in header.split()[1:])
    theirs = np.frombuffer(data, "u1").reshape(height, width).astype(int)
    ours = picture(load_study([path]).series[0].images[0], state_of(state_path))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1  # it cuts off where we round


def test_its_rescale_stands_in_for_the_images_own(tmp_path: Path) -> None:
    state = state_of(synthetic.write("presentation", tmp_path))
    path = save(tmp_path / "i.dcm", dataset(ramp(), RescaleSlope=1, RescaleIntercept=-1024))
    image = load_study([path]).series[0].images[0]
    assert np.array_equal(read_pixels(image, 0, state), ramp().astype(int) * 2 - 5)
    assert read_pixels(image)[0, 0] == -1024


def test_a_state_with_lookup_tables(tmp_path: Path) -> None:
    ds = synthetic.presentation()
    for gone in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        delattr(ds, gone)
    ds.ModalityLUTSequence = synthetic.lut(0, 16, [7 * value for value in range(400)])
    window = Dataset()
    window.VOILUTSequence = synthetic.lut(10, 12, list(range(0, 4000, 10)))
    ds.SoftcopyVOILUTSequence = [window]
    state = state_of(save(tmp_path / "p.dcm", ds))
    image = load_study([save(tmp_path / "i.dcm", dataset(ramp()))]).series[0].images[0]
    values = read_pixels(image, 0, state)
    assert np.array_equal(values, ramp().astype(int) * 7)
    table = state.windows[0].window
    assert isinstance(table, Table)
    expected = np.clip(values.astype(int) - 10, 0, 399) * 10
    assert np.array_equal(look_up(values, table), expected)


def test_a_damaged_state_is_one_sentence(tmp_path: Path) -> None:
    ds = synthetic.presentation()
    without_size = Dataset()
    without_size.add_new(0x00283006, "OW", b"\0\0")
    ds.ModalityLUTSequence = [without_size]
    with pytest.raises(UserFacingError, match="does not say how large it is"):
        open_all([save(tmp_path / "p.dcm", ds)])


def test_a_document_in_anothers_place_is_not_shown_under_its_name(tmp_path: Path) -> None:
    path = synthetic.write("pdf", tmp_path)
    document = only(path)
    path.write_bytes(path.read_bytes() + b"\0\0")
    with pytest.raises(UserFacingError, match="has changed on the disk"):
        read_document(document)
    assert read_document(only(path)).pdf
