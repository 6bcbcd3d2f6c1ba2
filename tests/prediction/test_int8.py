"""An encoder in int8: nearly the same scores, the same metadata, nothing else touched."""

import numpy as np
import onnx
import onnxruntime

from jaccardio.prediction.int8 import in_int8

SAMPLES = 200


def _model() -> bytes:
    """A gain, a residual block over maps, a mean over time, and a second input that is added to it."""
    random = np.random.default_rng(0)
    tensors = {"first": random.normal(size=(3, 12, 1, 7)), "second": random.normal(size=(3, 3, 1, 3)), "gain": np.array(2.0)}
    weights = [onnx.numpy_helper.from_array(values.astype(np.float32), name) for name, values in tensors.items()]
    steps = (
        ("Mul", ["signal", "gain"], "louder"),
        ("Conv", ["louder", "first"], "maps"),
        ("Relu", ["maps"], "positive"),
        ("Conv", ["positive", "second"], "branch"),
        ("Add", ["branch", "positive"], "sum"),
        ("GlobalAveragePool", ["sum"], "mean"),
        ("Flatten", ["mean"], "flat"),
        ("Add", ["flat", "measured"], "scores"),
    )
    nodes = [onnx.helper.make_node(kind, takes, [gives], name=f"to_{gives}") for kind, takes, gives in steps]
    for node in nodes:
        if node.op_type == "Conv":
            node.attribute.append(onnx.helper.make_attribute("auto_pad", "SAME_UPPER"))
    shapes = {"signal": ("n", 12, 1, "samples"), "measured": ("n", 3), "scores": ("n", 3)}
    signal, measured, scores = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items())
    graph = onnx.helper.make_graph(nodes, "small", [signal, measured], [scores], weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    onnx.helper.set_model_props(model, {"language": "en"})
    return bytes(model.SerializeToString())


def test_scores_are_nearly_those_of_float32_at_any_length() -> None:
    random, exact = np.random.default_rng(1), _model()
    examples = {"signal": random.normal(size=(8, 12, 1, SAMPLES)).astype(np.float32), "measured": np.zeros((8, 3), np.float32)}
    small = in_int8(exact, examples)
    inputs = {"signal": random.normal(size=(2, 12, 1, 3 * SAMPLES)).astype(np.float32), "measured": np.ones((2, 3), np.float32)}
    wanted, found = (onnxruntime.InferenceSession(model).run(["scores"], inputs)[0] for model in (exact, small))
    np.testing.assert_allclose(found, wanted, rtol=0.05)
    assert not np.array_equal(found, wanted)


def test_what_is_done_with_maps_is_in_int8_and_nothing_before_or_behind() -> None:
    examples = {"signal": np.ones((1, 12, 1, SAMPLES), np.float32), "measured": np.zeros((1, 3), np.float32)}
    model = onnx.load_from_string(in_int8(_model(), examples))
    giving = {name: node.op_type for node in model.graph.node for name in node.output}
    behind_int8 = {node.name for node in model.graph.node if any(giving.get(name) == "DequantizeLinear" for name in node.input)}
    assert {"to_maps", "to_branch", "to_sum"} <= behind_int8
    assert not behind_int8 & {"to_louder", "to_flat", "to_scores"}
    assert {one.key: one.value for one in model.metadata_props}["language"] == "en"
    sizes = {tensor.data_type for tensor in model.graph.initializer if tensor.name in ("first_quantized", "second_quantized")}
    assert sizes == {onnx.TensorProto.INT8}
