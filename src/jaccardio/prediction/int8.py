"""`in_int8`: an ONNX model whose convolutions compute in int8."""

import importlib
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def in_int8(model: bytes, examples: Mapping[str, NDArray[np.float32]]) -> bytes:
    """The same model with convolutions in int8, each channel's weights in a range of their own and inputs in the range that they have in
    examples; all else stays in float32.

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

    graph, kinds = onnx.load_from_string(model), quantization.QuantType
    types = {"activation_type": kinds.QUInt8, "weight_type": kinds.QInt8, "reduce_range": True}  # sums of 7 bits overflow on no CPU
    root, level = logging.getLogger(), logging.getLogger().level
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "int8.onnx")
        root.setLevel(logging.ERROR)  # it recommends a step that models of any length cannot pass
        try:
            quantization.quantize_static(graph, out, Reader(), op_types_to_quantize=["Conv"], per_channel=True, **types)
        finally:
            root.setLevel(level)
        return out.read_bytes()
