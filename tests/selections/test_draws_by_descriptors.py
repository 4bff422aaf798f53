"""Draws of the most varied frames by the descriptors of an ONNX model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from rest_framework.test import APIClient

from config.checks import check_descriptor_model
from selector.models import Connection, PictureReading
from selector.services import picture_reading
from selector.services.descriptors import read_descriptors
from selector.thumbnails import descriptors
from standin.server import StandIn

MOST_VARIED = {
    "task_id": 1,
    "frame_selection_method": "most_varied",
    "frame_count": 5,
    "random_seed": 7,
}


def make_model(path: Path, *, channels: int = 3) -> Path:
    """Its descriptor are the means of 2 x 2 fields of each colour."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, channels, 16, 16])
    means = helper.make_tensor_value_info("means", TensorProto.FLOAT, [1, channels, 2, 2])
    node = helper.make_node(
        "AveragePool", ["picture"], ["means"], kernel_shape=[8, 8], strides=[8, 8]
    )
    graph = helper.make_graph([node], "means", [picture], [means])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


@pytest.fixture
def model(settings: Any, tmp_path: Path) -> Path:
    settings.THUMBNAILS_DIR = tmp_path / "thumbnails"
    settings.DESCRIPTOR_MODEL = make_model(tmp_path / "means.onnx")
    return settings.DESCRIPTOR_MODEL


def drawn(api: APIClient) -> list[int]:
    answer = api.post("/api/random-select", MOST_VARIED)
    assert answer.status_code == 200, answer.content
    return [image["frame"] for image in answer.json()["images"]]


@pytest.mark.usefixtures("transactional_db")
def test_workers_describe_pictures_by_the_model(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    settings: Any,
    model: Path,
    tmp_path: Path,
) -> None:
    assert api.post("/api/random-select", MOST_VARIED).status_code == 503
    assert picture_reading.read_pictures(PictureReading.objects.get().pk)
    by_model = drawn(api)
    assert len(by_model) == 5
    assert drawn(api) == by_model  # as stored
    assert list(settings.THUMBNAILS_DIR.glob("*/*.descriptors"))
    asked = len(standin.requests)
    settings.DESCRIPTOR_MODEL = None
    assert drawn(api) != by_model  # by colours, which were computed with the thumbnails
    # Pictures are not described by another model because they were by this one.
    settings.DESCRIPTOR_MODEL = tmp_path / "other.onnx"
    settings.DESCRIPTOR_MODEL.write_bytes(model.read_bytes() + helper_text())
    PictureReading.objects.all().delete()
    assert api.post("/api/random-select", MOST_VARIED).status_code == 503
    assert picture_reading.read_pictures(PictureReading.objects.get().pk)
    assert drawn(api) == by_model
    chunks = [seen for seen in standin.requests[asked:] if seen.query.get("type") == "chunk"]
    assert not chunks  # from the thumbnails that are there


def helper_text() -> bytes:
    """A field of an ONNX file, its documentation, which makes another file of the same model."""
    return onnx.ModelProto(doc_string="another").SerializeToString()


def test_descriptors_are_whole_numbers_of_a_vector(model: Path) -> None:
    loaded = descriptors.Model(model)
    vector = np.frombuffer(loaded.describe(descriptors._plain_picture()), np.uint8) - 128.0
    assert len(vector) == 12
    assert np.linalg.norm(vector) == pytest.approx(32 * 12**0.5, rel=0.05)
    stored = descriptors.encode({3: b"abc", 70_000: b"def"})
    assert descriptors.decode(stored) == {3: b"abc", 70_000: b"def"}
    assert descriptors.decode(descriptors.encode({})) == {}
    with pytest.raises(ValueError, match="iter"):
        descriptors.decode(stored[:-1])


@pytest.mark.parametrize("trouble", ["absent", "no model", "other input", "no package"])
def test_what_cannot_be_used_is_told_at_the_start(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    path = tmp_path / "model.onnx"
    settings.DESCRIPTOR_MODEL = path
    said = {
        "absent": "cannot be read",
        "no model": "is no ONNX model that can be run",
        "other input": r"float32 [1, 3, height, width]",
        "no package": "pip install onnxruntime",
    }
    if trouble == "no model":
        path.write_bytes(b"junk")
    elif trouble == "other input":
        make_model(path, channels=1)
    elif trouble == "no package":
        make_model(path)
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    [warning] = check_descriptor_model()
    assert said[trouble] in warning.msg
    assert warning.id == "portal.W005"
    # Draws go by colours.
    assert read_descriptors(connection=None, catalogs=[], job_id=None, frames=[]) == {}


def test_nothing_is_said_without_a_model_or_with_a_good_one(settings: Any, model: Path) -> None:
    assert not list(check_descriptor_model())
    settings.DESCRIPTOR_MODEL = None
    assert not list(check_descriptor_model())
