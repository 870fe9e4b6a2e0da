"""A small DICOM file for every kind of pixels that the viewer shows. All invented."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    KeyObjectSelectionDocumentStorage,
    RLELossless,
    generate_uid,
)

from tests.desktop.study.builder import dataset, ramp, save

ROWS, COLUMNS = 13, 18
LARGER = (64, 48)  # OpenJPEG makes nothing of smaller pictures
DEPTHS = ("u1", "u2", "i2")
Make = Callable[[], Dataset]


def noise(dtype: str, shape: tuple[int, ...] = (ROWS, COLUMNS), seed: int = 3) -> np.ndarray:
    """Return values over the whole range of an integer dtype, its ends among them."""
    info, rng = np.iinfo(dtype), np.random.default_rng(seed)
    values = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    values.flat[:2] = info.min, info.max
    return values


def grey(pixels: np.ndarray, **attributes: Any) -> Make:
    return lambda: dataset(pixels, **attributes)


def in_words(values: np.ndarray, allocated: int, stored: int, high: int, junk: int = 0) -> bytes:
    """Lay values into wider words at ``high``, with other bits set around them."""
    words = (values.astype(np.int64) & ((1 << stored) - 1)) << (high - stored + 1)
    return (words | junk).astype(f"<u{allocated // 8}").tobytes()


def fitted(stored: int, high: int, signed: bool, junk: int) -> Dataset:
    span = 1 << stored
    values = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) * 7919 % span
    ds = dataset(np.zeros((ROWS, COLUMNS), "u2"), BitsStored=stored, HighBit=high)
    ds.PixelRepresentation = int(signed)
    ds.PixelData = in_words(values, 16, stored, high, junk)
    return ds


def colour(
    photometric: str,
    planar: int = 0,
    dtype: str = "u1",
    size: tuple[int, int] = (ROWS, COLUMNS),
) -> Dataset:
    pixels = noise(dtype, (*size, 3))
    ds = dataset(pixels, PhotometricInterpretation=photometric, PlanarConfiguration=planar)
    if planar:
        ds.PixelData = np.moveaxis(pixels, -1, 0).tobytes()
    return ds


def halved(photometric: str) -> Dataset:
    pairs = noise("u1", (ROWS, COLUMNS // 2, 4))
    ds = dataset(np.zeros((ROWS, COLUMNS, 3), "u1"), PhotometricInterpretation=photometric)
    ds.PixelData = pairs.tobytes()
    return ds


def palette(bits: int, first: int, dtype: str = "u1") -> Dataset:
    entries = 60
    ds = dataset((noise("u1") % 90).astype(dtype), PhotometricInterpretation="PALETTE COLOR")
    rng = np.random.default_rng(5)
    for name in ("Red", "Green", "Blue"):
        data = rng.integers(0, 1 << bits, entries)
        setattr(ds, f"{name}PaletteColorLookupTableDescriptor", [entries, first, bits])
        packed = data.astype("u1" if bits == 8 else "<u2").tobytes()
        setattr(ds, f"{name}PaletteColorLookupTableData", packed)
    return ds


def lut(first: int, bits: int, data: list[int], signed: bool = False) -> Sequence:
    item = Dataset()
    item.add_new(0x00283002, "SS" if signed else "US", [len(data) % 65536, first, bits])
    item.add_new(0x00283006, "US", data)
    item.ModalityLUTType = "US"
    return Sequence([item])


def one_bit() -> Dataset:
    bits = noise("u1", (3, 5, 7)) & 1
    ds = dataset(np.zeros((3, 5, 7), "u1"), NumberOfFrames=3)
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    ds.PixelData = packed + b"\0" * (len(packed) % 2)
    return ds


def floating(keyword: str, dtype: str, **attributes: Any) -> Dataset:
    values = np.random.default_rng(1).normal(scale=1e3, size=(2, ROWS, COLUMNS)).astype(dtype)
    ds = dataset(np.zeros((2, ROWS, COLUMNS), "u1"), NumberOfFrames=2, **attributes)
    for gone in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(ds, gone)
    ds.BitsAllocated = 8 * values.dtype.itemsize
    setattr(ds, keyword, values.tobytes())
    return ds


def enhanced() -> Dataset:
    """An enhanced CT of three frames: each has its own place, rescale and window."""
    ds = dataset(noise("i2", (3, ROWS, COLUMNS)) // 4, NumberOfFrames=3, Modality="CT")
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    shared = Dataset()
    shared.PlaneOrientationSequence = [_with(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PixelMeasuresSequence = [_with(PixelSpacing=[0.5, 0.25], SliceThickness=2)]
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = [_frame(number) for number in range(3)]
    return ds


def _frame(number: int) -> Dataset:
    return _with(
        PlanePositionSequence=[_with(ImagePositionPatient=[-10, 20, 3.0 * number])],
        PixelValueTransformationSequence=[
            _with(RescaleSlope=number + 1, RescaleIntercept=-1024 * number, RescaleType="HU")
        ],
        FrameVOILUTSequence=[_with(WindowCenter=40 + number, WindowWidth=400)],
    )


def _with(**attributes: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def overlaid() -> Dataset:
    """One overlay plane with data of its own, one in bit 15 of the pixels."""
    ds = fitted(12, 11, False, 0)
    words = np.frombuffer(ds.PixelData, "<u2").copy()
    words[::3] |= 1 << 15
    ds.PixelData = words.tobytes()
    embedded, own = 0x6002, 0x6000
    for group, position, allocated in ((own, 0, 1), (embedded, 15, 16)):
        for element, vr, value in (
            (0x10, "US", 6 if group == own else ROWS),
            (0x11, "US", 9 if group == own else COLUMNS),
            (0x40, "CS", "G"),
            (0x50, "SS", [3, -1] if group == own else [1, 1]),
            (0x100, "US", allocated),
            (0x102, "US", position),
        ):
            ds.add_new(group << 16 | element, vr, value)
    bits = np.arange(54) % 5 == 0
    packed = np.packbits(bits, bitorder="little").tobytes()
    ds.add_new(own << 16 | 0x3000, "OW", packed + b"\0" * (len(packed) % 2))
    return ds


def shuttered() -> Dataset:
    return dataset(
        noise("u1"),
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"],
        ShutterLeftVerticalEdge=2,
        ShutterRightVerticalEdge=17,
        ShutterUpperHorizontalEdge=2,
        ShutterLowerHorizontalEdge=12,
        CenterOfCircularShutter=[7, 9],
        RadiusOfCircularShutter=7,
        VerticesOfThePolygonalShutter=[1, 9, 13, 18, 13, 1],
        ShutterPresentationValue=32768,
    )


def jpeg(mode: str, photometric: str) -> Dataset:
    """Baseline JPEG by Pillow, out of a smooth picture."""
    smooth = np.add.outer(np.arange(32) * 4, np.arange(40) * 3).astype("u1")
    pixels = smooth if mode == "L" else np.dstack([smooth, smooth[::-1], 255 - smooth])
    out = io.BytesIO()
    options = {} if mode == "L" else {"subsampling": "4:4:4"}
    Picture.fromarray(pixels).save(out, "JPEG", quality=90, **options)
    ds = dataset(pixels, PhotometricInterpretation=photometric)
    return packed(ds, [out.getvalue()], JPEGBaseline8Bit)


def lossy_wavelets() -> Dataset:
    ds = dataset(np.add.outer(np.arange(64) * 300, np.arange(48) * 500).astype("u2"))
    ds.compress(JPEG2000, j2k_cr=[4], generate_instance_uid=False)
    return ds


def lossless_jpeg(pixels: np.ndarray) -> Dataset:
    """Lossless JPEG (T.81 H), selection value 1, one table for all: written here, by hand."""
    frame = _lossless(pixels.astype(np.int64), 8 * pixels.dtype.itemsize)
    return packed(dataset(pixels), [frame], JPEGLosslessSV1)


def _lossless(values: np.ndarray, precision: int) -> bytes:
    rows, columns = values.shape
    predicted = np.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 1 << (precision - 1)
    apart = (values - predicted + 32768) % 65536 - 32768
    # Seventeen categories, each with a code of five bits: 0 to 16 as themselves.
    table = bytes([0, 0, 0, 0, 17, *[0] * 11]) + bytes(range(17))
    head = b"\xff\xd8\xff\xc3" + struct.pack(">HBHHB", 11, precision, rows, columns, 1)
    head += b"\x01\x11\x00" + b"\xff\xc4" + struct.pack(">HB", 3 + len(table), 0) + table
    head += b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x01\x00\x00"
    bits = "".join(_coded(int(one)) for one in apart.flat)
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    return head + data + b"\xff\xd9"


def _coded(apart: int) -> str:
    if apart == -32768:
        return f"{16:05b}"
    size = abs(apart).bit_length()
    extra = apart if apart > 0 else apart + (1 << size) - 1
    return f"{size:05b}" + (f"{extra:0{size}b}" if size else "")


def high_throughput(dtype: str, bits: int, syntax: UID) -> Dataset:
    """HTJ2K (ISO/IEC 15444-15) of an even grey, every packet empty: nothing here makes more."""
    ds = dataset(np.zeros((ROWS, COLUMNS), dtype), BitsStored=bits, HighBit=bits - 1)
    size = struct.pack(">H8LH", 0x4000, COLUMNS, ROWS, 0, 0, COLUMNS, ROWS, 0, 0, 1)
    parts = (
        (0xFF51, size + bytes([bits - 1, 1, 1])),
        (0xFF50, struct.pack(">LH", 1 << 17, 0)),  # part 15 is used
        (0xFF52, bytes([0, 2, 0, 1, 0, 0, 4, 4, 0x40, 1])),  # HT code blocks, 5/3, no levels
        (0xFF5C, bytes([0x20, bits << 3])),
    )
    head = b"".join(struct.pack(">HH", mark, len(body) + 2) + body for mark, body in parts)
    tile = struct.pack(">HHHLBB", 0xFF90, 10, 0, 15, 0, 1) + b"\xff\x93\0"
    return packed(ds, [b"\xff\x4f" + head + tile + b"\xff\xd9"], syntax)


def packed(ds: Dataset, frames: list[bytes], syntax: UID, table: bool = True) -> Dataset:
    """Put compressed frames into a dataset, with or without a basic offset table."""
    ds.PixelData = encapsulate(frames, has_bot=table)
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def frames_of(offsets: str) -> Dataset:
    """Three frames of RLE, found by an extended offset table, or by none at all."""
    ds = dataset(noise("u2", (3, ROWS, COLUMNS)), NumberOfFrames=3)
    ds.compress(RLELossless, generate_instance_uid=False)
    frames = list(generate_frames(ds.PixelData, number_of_frames=3))
    if offsets == "extended":
        data, table, lengths = encapsulate_extended(frames)
        ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = data, table, lengths
        ds["PixelData"].is_undefined_length = True
        return ds
    return packed(ds, frames, RLELossless, table=False)


def document(kind: str) -> Dataset:
    ds = dataset(ramp())
    for gone in ("PixelData", "Rows", "Columns"):
        delattr(ds, gone)
    ds.ContentDate, ds.ContentTime, ds.Modality = "20261121", "080000", "SR"
    ds.SeriesInstanceUID = generate_uid()
    if kind == "pdf":
        ds.SOPClassUID, ds.DocumentTitle = EncapsulatedPDFStorage, "Outside report"
        ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
        ds.EncapsulatedDocument = b"%PDF-1.4\n1 0 obj\nendobj\n%%EOF\n"
        return ds
    ds.SOPClassUID = KeyObjectSelectionDocumentStorage
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [
        _with(CodeValue="113000", CodingSchemeDesignator="DCM", CodeMeaning="Of Interest")
    ]
    ds.ContentSequence = [
        _with(RelationshipType="CONTAINS", ValueType="TEXT", TextValue="Two lines\r\nof text")
    ]
    instance = _with(ReferencedSOPClassUID="1.2.3", ReferencedSOPInstanceUID="1.2.3.4")
    series = _with(SeriesInstanceUID="1.2.5", ReferencedSOPSequence=[instance])
    ds.CurrentRequestedProcedureEvidenceSequence = [
        _with(StudyInstanceUID="1.2.6", ReferencedSeriesSequence=[series])
    ]
    return ds


def presentation(sop_class: str = "1.2.840.10008.5.1.4.1.1.1", uid: str = "1.2.3.4") -> Dataset:
    """A presentation state with something of each kind that is read."""
    ds = dataset(ramp())
    for gone in ("PixelData", "Rows", "Columns"):
        delattr(ds, gone)
    ds.SOPClassUID, ds.Modality = GrayscaleSoftcopyPresentationStateStorage, "PR"
    ds.SeriesInstanceUID = generate_uid()
    ds.ContentLabel, ds.ContentDescription = "REVIEW", "For the meeting"
    ds.ContentCreatorName = "ROE^Richard"
    ds.PresentationCreationDate, ds.PresentationCreationTime = "20261120", "101500"
    image = _with(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=uid)
    ds.ReferencedSeriesSequence = [
        _with(SeriesInstanceUID="1.2.5", ReferencedImageSequence=[image])
    ]
    ds.SoftcopyVOILUTSequence = [_with(WindowCenter=40, WindowWidth=80)]
    ds.PresentationLUTShape = "INVERSE"
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 2, -5, "US"
    ds.ShutterShape = "RECTANGULAR"
    ds.ShutterLeftVerticalEdge, ds.ShutterRightVerticalEdge = 3, 20
    ds.ShutterUpperHorizontalEdge, ds.ShutterLowerHorizontalEdge = 2, 12
    ds.ImageRotation, ds.ImageHorizontalFlip = 90, "Y"
    ds.DisplayedAreaSelectionSequence = [
        _with(
            DisplayedAreaTopLeftHandCorner=[2, 3],
            DisplayedAreaBottomRightHandCorner=[20, 14],
            PresentationSizeMode="SCALE TO FIT",
            PresentationPixelSpacing=[0.5, 0.25],
        )
    ]
    ds.GraphicLayerSequence = [
        _with(GraphicLayer="ONE", GraphicLayerOrder=1),
    ]
    ds.GraphicAnnotationSequence = [
        _with(
            GraphicLayer="ONE",
            ReferencedImageSequence=[image],
            GraphicObjectSequence=[
                _with(
                    GraphicAnnotationUnits="PIXEL",
                    GraphicDimensions=2,
                    NumberOfGraphicPoints=2,
                    GraphicData=[1.0, 2.0, 8.0, 9.0],
                    GraphicType="POLYLINE",
                    GraphicFilled="N",
                )
            ],
            TextObjectSequence=[
                _with(
                    UnformattedTextValue="Here",
                    AnchorPointAnnotationUnits="DISPLAY",
                    AnchorPoint=[0.5, 0.5],
                    AnchorPointVisibility="Y",
                )
            ],
        )
    ]
    return ds


IMAGES: dict[str, tuple[Make, Any]] = {
    **{
        f"{syntax.keyword}-{dtype}": (grey(noise(dtype)), syntax)
        for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
        for dtype in ("u1", "i1", "u2", "i2", "u4", "i4")
    },
    **{
        f"{syntax.keyword}-{dtype}": (grey(noise(dtype)), syntax)
        for syntax in (DeflatedExplicitVRLittleEndian, RLELossless)
        for dtype in ("u1", "u2", "i2")
    },
    **{f"JPEGLSLossless-{d}": (grey(noise(d)), JPEGLSLossless) for d in ("u1", "u2")},
    "JPEGLSNearLossless": (grey(noise("u1")), JPEGLSNearLossless),
    **{f"JPEG2000Lossless-{d}": (grey(noise(d, LARGER)), JPEG2000Lossless) for d in DEPTHS},
    "JPEG2000Lossless-rgb": (lambda: colour("RGB", 0, "u1", LARGER), JPEG2000Lossless),
    "JPEG2000": (lambda: lossy_wavelets(), None),
    **{
        f"{syntax.keyword}-{bits}": (partial(high_throughput, dtype, bits, syntax), None)
        for syntax in (HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL)
        for dtype, bits in (("u1", 8), ("u2", 12))
    },
    "frames-extended-offsets": (lambda: frames_of("extended"), None),
    "frames-without-offsets": (lambda: frames_of("none"), None),
    "lossless-jpeg-8": (lambda: lossless_jpeg(noise("u1")), None),
    "lossless-jpeg-16": (lambda: lossless_jpeg(noise("u2")), None),
    "jpeg-grey": (lambda: jpeg("L", "MONOCHROME2"), None),
    "jpeg-colour": (lambda: jpeg("RGB", "YBR_FULL_422"), None),
    "12-of-16": (lambda: fitted(12, 11, False, 0xF000), None),
    "12-of-16-signed": (lambda: fitted(12, 11, True, 0x5000), None),
    "12-of-16-high": (lambda: fitted(12, 15, False, 0x0005), None),
    "10-of-16-middle-signed": (lambda: fitted(10, 12, True, 0xE003), None),
    "monochrome1": (grey(noise("u2"), PhotometricInterpretation="MONOCHROME1"), None),
    "hounsfield": (grey(noise("u2") >> 4, RescaleSlope=1, RescaleIntercept=-1024), None),
    "fraction": (grey(noise("i2"), RescaleSlope="0.333", RescaleIntercept="-7.25"), None),
    "negative-slope": (grey(noise("u2"), RescaleSlope=-1, RescaleIntercept=5), None),
    "wide-slope": (grey(noise("u4"), RescaleSlope="1e-6", RescaleIntercept=0), None),
    "modality-lut": (
        lambda: dataset(
            noise("u1") % 40, ModalityLUTSequence=lut(5, 16, [i * i for i in range(30)])
        ),
        None,
    ),
    "voi-lut": (
        lambda: dataset(
            noise("i2") // 512, VOILUTSequence=lut(-40, 12, [i * 50 for i in range(80)], True)
        ),
        None,
    ),
    "rgb": (lambda: colour("RGB"), None),
    "rgb-planar": (lambda: colour("RGB", 1), None),
    "rgb-16": (lambda: colour("RGB", 0, "u2"), None),
    "rgb-rle": (lambda: colour("RGB"), RLELossless),
    "rgb-jls": (lambda: colour("RGB"), JPEGLSLossless),
    "ybr-full": (lambda: colour("YBR_FULL"), None),
    "ybr-full-planar": (lambda: colour("YBR_FULL", 1), None),
    "ybr-full-422": (lambda: halved("YBR_FULL_422"), None),
    "ybr-partial-422": (lambda: halved("YBR_PARTIAL_422"), None),
    "palette-8": (lambda: palette(8, 0), None),
    "palette-16": (lambda: palette(16, 10), None),
    "palette-of-words": (lambda: palette(16, 20, "u2"), None),
    "one-bit": (one_bit, None),
    "float": (lambda: floating("FloatPixelData", "<f4"), None),
    "double": (
        lambda: floating("DoubleFloatPixelData", "<f8", RescaleSlope=2, RescaleIntercept=1),
        None,
    ),
    "frames": (grey(noise("u2", (3, ROWS, COLUMNS)), NumberOfFrames=3), None),
    "frames-rle": (grey(noise("u2", (3, ROWS, COLUMNS)), NumberOfFrames=3), RLELossless),
    "enhanced": (enhanced, None),
    "overlays": (overlaid, None),
    "shutters": (shuttered, None),
    "sigmoid": (
        grey(noise("u2"), WindowCenter=30000, WindowWidth=9000, VOILUTFunction="SIGMOID"),
        None,
    ),
}
DOCUMENTS: dict[str, Make] = {
    "pdf": lambda: document("pdf"),
    "key-objects": lambda: document("ko"),
    "presentation": presentation,
}


def write(name: str, folder: Path) -> Path:
    """Write one of the files."""
    path = folder / f"{name}.dcm"
    if name in DOCUMENTS:
        return save(path, DOCUMENTS[name]())
    if name.startswith("big-endian"):
        return _big_endian(path, name)
    make, syntax = IMAGES[name]
    return save(path, make(), syntax)


BIG_ENDIAN = ("big-endian-u1-OB", "big-endian-u1-OW", "big-endian-i2-OW", "big-endian-u4-OW")


def _big_endian(path: Path, name: str) -> Path:
    _, _, dtype, vr = name.split("-")
    pixels = noise(dtype, (3, 5, 7))  # frames of an odd length
    ds = dataset(pixels, NumberOfFrames=3)
    data = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    data += b"\0" * (len(data) % 2)
    if vr == "OW" and pixels.dtype.itemsize == 1:
        data = np.frombuffer(data, "u2").byteswap().tobytes()
    ds.PixelData = data
    ds["PixelData"].VR = vr
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    ds.save_as(path, implicit_vr=False, little_endian=False)
    return path


NAMES = (*IMAGES, *BIG_ENDIAN)


def write_all(folder: Path) -> dict[str, Path]:
    """Write every file, images and documents, by name."""
    return {name: write(name, folder) for name in (*NAMES, *DOCUMENTS)}
