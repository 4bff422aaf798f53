"""Descriptors of pictures by an ONNX model that the operator names. Knows no Django.

Run by onnxruntime, which is optional. The model takes one picture, float32 of shape [1, 3, height,
width] (red, green, blue, normalized as ImageNet's are), and its first output is the descriptor.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERSION = "descriptors-1"  # change it with whatever changes the bytes
# Squares of distances stay below 2**24, exact in float32: see selections.methods.most_varied.
MOST_NUMBERS = 4096
DEFAULT_SIDE = 224  # of a model that takes any size

_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
_DEVIATION = np.array((0.229, 0.224, 0.225), np.float32)
_SPREAD = 32  # of the numbers of a descriptor around 128, so that few are cut off
_LENGTH = struct.Struct(">H")


class ModelError(Exception):
    """The model cannot be used; the message says why, and what to try."""


def _runtime() -> Any:
    """onnxruntime, loaded only for a model: it starts threads and opens a database of its own in
    the home folder. Raises ModelError."""
    try:
        return import_module("onnxruntime")
    except ImportError:
        message = "onnxruntime is not installed. Install it: pip install onnxruntime."
        raise ModelError(message) from None


def _refusals() -> tuple[type[Exception], ...]:
    """What onnxruntime raises for a model that it cannot load or run."""
    outcomes = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    return (
        outcomes.Fail,
        outcomes.InvalidArgument,
        outcomes.InvalidGraph,
        outcomes.InvalidProtobuf,
        outcomes.NotImplemented,
        outcomes.RuntimeException,
    )


class Model:
    """An ONNX model. `key` is another one for another model."""

    def __init__(self, path: Path) -> None:
        """Raises ModelError."""
        onnxruntime = _runtime()
        refusals = _refusals()
        try:
            content = path.read_bytes()
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1  # workers run beside each other
            self._session: Any = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
        except refusals as error:
            raise ModelError(f"{path} is no ONNX model that can be run: {error}") from error
        digest = hashlib.sha256(content).hexdigest()[:16]
        self.key = f"{VERSION}-{digest}"
        [self._input, *others] = self._session.get_inputs()
        shape = self._input.shape
        if others or self._input.type != "tensor(float)" or len(shape) != 4 or shape[1] != 3:
            raise ModelError(f"{path} does not take one picture as float32 [1, 3, height, width].")
        height, width = (side if isinstance(side, int) else DEFAULT_SIDE for side in shape[2:])
        self._size = (width, height)
        try:
            count = len(self.describe(_plain_picture()))
        except refusals as error:
            raise ModelError(f"{path} cannot describe a picture: {error}") from error
        if not 1 <= count <= MOST_NUMBERS:
            raise ModelError(f"{path} gives {count} numbers. It may be 1 to {MOST_NUMBERS}.")

    def describe(self, picture: bytes) -> bytes:
        """The descriptor of a JPEG: a byte for each number, of a vector of length 1, 128 is 0."""
        with Image.open(io.BytesIO(picture)) as image:
            small = image.convert("RGB").resize(self._size, Image.Resampling.BILINEAR)
        pixels = (np.asarray(small, np.float32) / 255 - _MEAN) / _DEVIATION
        given = np.ascontiguousarray(pixels.transpose(2, 0, 1)[np.newaxis])
        [output, *_] = self._session.run(None, {self._input.name: given})
        return _as_bytes(np.asarray(output, np.float64).ravel())


@lru_cache(maxsize=1)
def load_model(path: Path) -> Model:
    """Loaded once in a process, so another model under the same name needs a restart. Raises
    ModelError."""
    return Model(path)


def _as_bytes(vector: NDArray[np.float64]) -> bytes:
    length = np.sqrt((vector**2).sum()) or 1.0
    spread = np.rint(vector / length * np.sqrt(len(vector)) * _SPREAD)
    return bytes((spread.clip(-127, 127) + 128).astype(np.uint8))


def _plain_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    return file.getvalue()


def encode(descriptors: Mapping[int, bytes]) -> bytes:
    """The descriptors by frame, all of one length, as `decode` reads them."""
    length = len(next(iter(descriptors.values()), b""))
    record = _record(length)
    rows = (record.pack(frame, each) for frame, each in descriptors.items())
    return _LENGTH.pack(length) + b"".join(rows)


def decode(content: bytes) -> dict[int, bytes]:
    """Raises ValueError for content that is cut off."""
    try:
        [length] = _LENGTH.unpack(content[: _LENGTH.size])
        return dict(_record(length).iter_unpack(content[_LENGTH.size :]))
    except struct.error as error:
        raise ValueError(str(error)) from error


def _record(length: int) -> struct.Struct:
    return struct.Struct(f">I{length}s")
