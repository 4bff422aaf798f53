"""A small image model as ONNX: colours and edges of fields of a picture, in random projections.

Nobody has trained it. It measures what comes of a model in the portal, from the ONNX file to the
frames that are drawn, not what a trained one can do.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE, FIELD = 64, 8  # pixels
NUMBERS = 128  # of a descriptor
SEED = 1


def save(path: Path) -> Path:
    """Write the model into this file."""
    source = np.random.default_rng(SEED)
    fields = (SIDE // FIELD) ** 2
    constants = {
        "edges": _edges(),
        "projection": source.standard_normal((7 * fields, NUMBERS)).astype(np.float32),
    }
    size = [FIELD, FIELD]
    nodes = [
        helper.make_node("Conv", ["picture", "edges"], ["signed"], pads=[1, 1, 1, 1]),
        helper.make_node("Abs", ["signed"], ["strengths"]),
        helper.make_node("Concat", ["picture", "strengths"], ["channels"], axis=1),
        helper.make_node("AveragePool", ["channels"], ["means"], kernel_shape=size, strides=size),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "projection"], ["descriptor"]),
    ]
    graph = helper.make_graph(
        nodes,
        "edges",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("descriptor", TensorProto.FLOAT, [1, NUMBERS])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def _edges() -> NDArray[np.float32]:
    """Sobel's kernels in four directions, of the mean of the three colours."""
    across = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], np.float32)
    slanting = np.array([[2, 1, 0], [1, 0, -1], [0, -1, -2]], np.float32)
    kernels = np.stack([across, across.T, slanting, slanting[::-1]]) / 4
    return (np.repeat(kernels[:, np.newaxis], 3, axis=1) / 3).astype(np.float32)
