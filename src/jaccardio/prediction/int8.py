"""`in_int8`: an ONNX model whose encoders compute in int8."""

import importlib
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = ("Conv", "Add", "Mul", "MaxPool", "Relu")
"""What is done with an encoder's maps and can be done in int8: convolutions, residual sums, gates of channels."""


def in_int8(model: bytes, examples: Mapping[str, NDArray[np.float32]]) -> bytes:
    """The same model with convolutions, and what is done with their maps until they are pooled, in int8: each channel's weights in a range
    of their own, maps in the range that they have in examples. All else stays in float32.

    Parameters
    ----------
    model
        As a file holds it; its metadata stay.
    examples
        By input, (n, ...) of n ECGs.
    """
    onnx: Any = importlib.import_module("onnx")
    quantization: Any = importlib.import_module("onnxruntime.quantization")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        left = iter([dict(zip(examples, one, strict=True)) for one in zip(*(values[:, None] for values in examples.values()), strict=True)])

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            return next(self.left, None)

    whole, kinds = onnx.shape_inference.infer_shapes(onnx.load_from_string(model)), quantization.QuantType
    types = {"activation_type": kinds.QUInt8, "weight_type": kinds.QInt8, "reduce_range": True}  # sums of 7 bits overflow on no CPU
    wanted = {"op_types_to_quantize": [*KINDS], "nodes_to_quantize": _of_maps(whole.graph), "per_channel": True}
    root, level = logging.getLogger(), logging.getLogger().level
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "int8.onnx")
        root.setLevel(logging.ERROR)  # it recommends a step that models of any length cannot pass
        try:
            quantization.quantize_static(whole, out, Reader(), **wanted, **types)
        finally:
            root.setLevel(level)
        return out.read_bytes()


def _of_maps(graph: Any) -> list[str]:
    """Names of the convolutions, and of the nodes behind them that give maps, (n, channels, 1, time)."""
    axes = {value.name: len(value.type.tensor_type.shape.dim) for value in graph.value_info}
    maps, names = set[str](), list[str]()
    for node in graph.node:  # each behind those that it takes from
        if node.op_type == "Conv" or (maps.intersection(node.input) and axes.get(node.output[0]) == 4):
            maps.update(node.output)
            names.append(node.name)
    return names
