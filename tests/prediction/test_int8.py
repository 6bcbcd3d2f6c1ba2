"""Convolutions in int8: nearly the same scores, the same metadata, nothing else touched."""

import numpy as np
import onnx
import onnxruntime

from jaccardio.prediction.int8 import in_int8

SAMPLES = 200


def _model() -> bytes:
    """A convolution over twelve leads, a mean over time, and a second input that is added to it."""
    weight = onnx.numpy_helper.from_array(np.random.default_rng(0).normal(size=(3, 12, 7)).astype(np.float32), "weight")
    nodes = [
        onnx.helper.make_node("Conv", ["signal", "weight"], ["maps"]),
        onnx.helper.make_node("GlobalAveragePool", ["maps"], ["mean"]),
        onnx.helper.make_node("Flatten", ["mean"], ["flat"]),
        onnx.helper.make_node("Add", ["flat", "measured"], ["scores"]),
    ]
    shapes = {"signal": ("n", 12, "samples"), "measured": ("n", 3), "scores": ("n", 3)}
    signal, measured, scores = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items())
    graph = onnx.helper.make_graph(nodes, "small", [signal, measured], [scores], [weight])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.helper.set_model_props(model, {"language": "en"})
    return bytes(model.SerializeToString())


def test_scores_are_nearly_those_of_float32_at_any_length() -> None:
    random, exact = np.random.default_rng(1), _model()
    examples = {"signal": random.normal(size=(8, 12, SAMPLES)).astype(np.float32), "measured": np.zeros((8, 3), np.float32)}
    small = in_int8(exact, examples)
    inputs = {"signal": random.normal(size=(2, 12, 3 * SAMPLES)).astype(np.float32), "measured": np.ones((2, 3), np.float32)}
    wanted, found = (onnxruntime.InferenceSession(model).run(["scores"], inputs)[0] for model in (exact, small))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=0.05)
    assert not np.array_equal(found, wanted)


def test_convolutions_alone_are_changed_and_what_the_numbers_mean_is_kept() -> None:
    examples = {"signal": np.ones((1, 12, SAMPLES), np.float32), "measured": np.zeros((1, 3), np.float32)}
    model = onnx.load_from_string(in_int8(_model(), examples))
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("QuantizeLinear") == 2, "what goes into the convolution and what comes out of it"
    assert [kind for kind in kinds if "quantize" not in kind.lower()] == ["Conv", "GlobalAveragePool", "Flatten", "Add"]
    assert {one.key: one.value for one in model.metadata_props}["language"] == "en"
    assert {tensor.data_type for tensor in model.graph.initializer if tensor.name.startswith("weight_quantized")} == {onnx.TensorProto.INT8}
