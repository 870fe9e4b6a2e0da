"""What a file's pixels should be, worked out plainly from the standard: slow, in 64 bits.

Shares no code with ``lacuna.study``. Uncompressed pixels are taken apart here, byte by byte;
compressed ones are left to pydicom, whose decoders these are. Colours are worked out in floating
point, rounded once.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array


def values(path: Any, frame: int = 0) -> np.ndarray:
    """Return one frame: grey as float64 after the modality stage, colour as uint8 RGB."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what these files are meant to have wrong
        return _values(pydicom.dcmread(path, force=True), frame)


def _values(ds: Dataset, frame: int) -> np.ndarray:
    photometric = ds.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        return _palette(ds, _stored(ds, frame).astype(np.int64))
    if ds.get("SamplesPerPixel", 1) == 3:
        return _colour(ds, frame)
    stored = _stored(ds, frame)
    return _modality(ds, frame, stored)


def _encapsulated(ds: Dataset) -> bool:
    syntax = ds.file_meta.get("TransferSyntaxUID") if hasattr(ds, "file_meta") else None
    return bool(syntax is not None and syntax.is_encapsulated)


def _little(ds: Dataset) -> bool:
    return bool(ds.original_encoding[1])


def _stored(ds: Dataset, frame: int) -> np.ndarray:
    """Return (rows, columns) of stored values as Python-like wide numbers."""
    if _encapsulated(ds):
        return np.asarray(pixel_array(ds, index=frame)).astype(np.int64)
    for keyword, kind in (("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")):
        if keyword in ds:
            raw = np.frombuffer(ds[keyword].value, ("<" if _little(ds) else ">") + kind)
            size = ds.Rows * ds.Columns
            return raw[frame * size : (frame + 1) * size].reshape(ds.Rows, ds.Columns)
    flat = _samples(ds, ds.Rows * ds.Columns, frame)
    return flat.reshape(ds.Rows, ds.Columns)


def _samples(ds: Dataset, count: int, frame: int) -> np.ndarray:
    """Return ``count`` samples of a frame, each picked out of the bytes on its own."""
    data = bytes(ds.PixelData)
    allocated = ds.BitsAllocated
    if allocated == 1:
        first = frame * count
        bits = [(data[at >> 3] >> (at & 7)) & 1 for at in range(first, first + count)]
        return np.array(bits, dtype=np.int64)
    size = allocated // 8
    if not _little(ds) and size == 1 and ds["PixelData"].VR == "OW":
        pairs = np.frombuffer(data, np.uint8).reshape(-1, 2)
        data = pairs[:, ::-1].tobytes()
    part = np.frombuffer(data[frame * count * size : (frame + 1) * count * size], np.uint8)
    places = range(size) if _little(ds) else range(size - 1, -1, -1)
    weights = np.array([256**place for place in places], dtype=np.int64)
    words = part.reshape(-1, size).astype(np.int64) @ weights
    words = words >> (ds.HighBit - ds.BitsStored + 1)
    words = words & ((1 << ds.BitsStored) - 1)
    if ds.PixelRepresentation == 1:
        negative = words >= 1 << (ds.BitsStored - 1)
        words = words - negative * (1 << ds.BitsStored)
    return words


def _colour(ds: Dataset, frame: int) -> np.ndarray:
    photometric = ds.PhotometricInterpretation
    if _encapsulated(ds):
        found = np.asarray(pixel_array(ds, index=frame, raw=True))
        # What the decoders have already made RGB of, by pydicom's own account.
        jpeg_2000 = "JPEG 2000" in ds.file_meta.TransferSyntaxUID.name
        photometric = "RGB" if jpeg_2000 or _is_rgb_jpeg(ds) else photometric
        rgb = found.astype(np.int64) >> max(ds.BitsStored - 8, 0)
        return _rgb(rgb, photometric)
    count = ds.Rows * ds.Columns
    if photometric.endswith("422"):
        flat = _samples(ds, count * 2, frame).reshape(-1, 4)
        pixels = [[(y1, b, r), (y2, b, r)] for y1, y2, b, r in flat.tolist()]
        whole = np.array(pixels).reshape(ds.Rows, ds.Columns, 3)
    elif ds.PlanarConfiguration == 1:
        flat = _samples(ds, count * 3, frame)
        whole = flat.reshape(3, ds.Rows, ds.Columns).transpose(1, 2, 0)
    else:
        whole = _samples(ds, count * 3, frame).reshape(ds.Rows, ds.Columns, 3)
    return _rgb(whole >> max(ds.BitsStored - 8, 0), photometric)


def _is_rgb_jpeg(ds: Dataset) -> bool:
    return ds.PhotometricInterpretation == "RGB"


def _rgb(whole: np.ndarray, photometric: str) -> np.ndarray:
    if not photometric.startswith("YBR"):
        return whole.astype(np.uint8)
    y, b, r = (whole[..., sample].astype(np.float64) for sample in range(3))
    b, r = b - 128, r - 128
    if photometric.startswith("YBR_PARTIAL"):
        y, b, r = (y - 16) * 255 / 219, b * 255 / 224, r * 255 / 224
    # The inverse of R'G'B' -> Y with the weights 0.299, 0.587, 0.114.
    red, blue = y + 1.402 * r, y + 1.772 * b
    green = (y - 0.299 * red - 0.114 * blue) / 0.587
    rounded = np.floor(np.stack([red, green, blue], axis=-1) + 0.5 + 1e-9)
    return np.clip(rounded, 0, 255).astype(np.uint8)


def _palette(ds: Dataset, stored: np.ndarray) -> np.ndarray:
    channels = []
    for colour in ("Red", "Green", "Blue"):
        entries, first, bits = (int(x) for x in ds[f"{colour}PaletteColorLookupTableDescriptor"])
        data = bytes(ds[f"{colour}PaletteColorLookupTableData"].value)
        entries = entries or 65536
        if len(data) == entries or (bits == 8 and len(data) < 2 * entries):
            table, width = np.frombuffer(data, np.uint8), 8
        else:
            table, width = np.frombuffer(data, "<u2" if _little(ds) else ">u2"), bits
        place = np.clip(stored - first, 0, entries - 1)
        channels.append(table[place].astype(np.int64) >> (width - 8 if width > 8 else 0))
    return np.stack(channels, axis=-1).astype(np.uint8)


def _group(ds: Dataset, frame: int, name: str) -> Dataset | None:
    own = ds.get("PerFrameFunctionalGroupsSequence") or []
    shared = ds.get("SharedFunctionalGroupsSequence") or []
    for place in [*own[frame : frame + 1], *shared]:
        if place.get(name):
            return place[name][0]
    return None


def _modality(ds: Dataset, frame: int, stored: np.ndarray) -> np.ndarray:
    if ds.get("ModalityLUTSequence"):
        found = look_up(stored, ds.ModalityLUTSequence[0], ds)
    else:
        home = ds
        if "RescaleSlope" not in ds:
            home = _group(ds, frame, "PixelValueTransformationSequence") or ds
        slope, intercept = home.get("RescaleSlope"), home.get("RescaleIntercept")
        slope = 1.0 if slope in (None, "", 0) else float(slope)
        found = stored * slope + (0.0 if intercept in (None, "") else float(intercept))
    if ds.get("VOILUTSequence") and ds.get("WindowCenter") in (None, ""):
        found = look_up(found, ds.VOILUTSequence[0], ds)
    return found.astype(np.float64)


def look_up(given: np.ndarray, item: Dataset, ds: Dataset) -> np.ndarray:
    """Map each value through a LUT item by the letter of PS3.3 C.11.1.1."""
    entries, first, bits = (int(part) for part in item.LUTDescriptor)
    entries = entries or 65536
    signed = ds.PixelRepresentation == 1 or given.min() < 0
    if signed and first >= 32768:
        first -= 65536
    data = item.LUTData
    table = list(np.frombuffer(data, "<u2")) if isinstance(data, bytes) else list(data)
    del bits
    flat = [
        int(table[min(max(round(float(value)) - first, 0), entries - 1)]) for value in given.flat
    ]
    return np.array(flat, dtype=np.float64).reshape(given.shape)


def window(given: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """Return uint8 by the formulae of PS3.3 C.11.2.1.2 and C.11.2.1.3, one value at a time."""
    out = []
    for x in given.astype(np.float64).flat:
        if function == "SIGMOID":
            y = 1 / (1 + np.exp(np.clip(-4 * (x - center) / width, -80, 80)))
        elif function == "LINEAR_EXACT":
            y = 0.0 if x <= center - width / 2 else 1.0 if x > center + width / 2 else None
            y = (x - center) / width + 0.5 if y is None else y
        elif x <= center - 0.5 - (width - 1) / 2:
            y = 0.0
        elif x > center - 0.5 + (width - 1) / 2:
            y = 1.0
        else:
            y = (x - (center - 0.5)) / (width - 1) + 0.5
        out.append(int(np.floor(y * 255 + 0.5)))
    return np.array(out, dtype=np.uint8).reshape(given.shape)
