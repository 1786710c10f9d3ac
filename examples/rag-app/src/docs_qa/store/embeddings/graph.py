"""MiniLM-L6 as an ONNX graph, written from its weights: no PyTorch, in one second.

The network is BERT with 6 layers (Wang et al., "MiniLM", 2020; Reimers and Gurevych,
"Sentence-BERT", 2019): embeddings, self-attention, feed-forward, mean over the tokens, unit length.
Only standard operators of opset 20 are used, so any ONNX runtime can execute it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = Mapping[str, NDArray[np.float32]]

LAYERS = 6
HEADS = 12
DIMENSIONS = 384
OPSET = 20
_NORM_EPSILON = 1e-12
_MASKED = -1e4  # added to attention scores of padding


class _Graph:
    """Collects nodes and constants; each method returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[np.generic]] = {}

    def constant(self, name: str, value: object, kind: type[np.generic]) -> str:
        self.constants[name] = np.array(value, dtype=kind, order="C")
        return name

    def floats(self, name: str, value: object) -> str:
        return self.constant(name, value, np.float32)

    def integers(self, name: str, *value: int) -> str:
        return self.constant(name, list(value), np.int64)

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def linear(self, x: str, weight: object, bias: object, output: str) -> str:
        product = self.node("MatMul", [x, self.floats(f"{output}.w", weight)], f"{output}.product")
        return self.node("Add", [product, self.floats(f"{output}.b", bias)], output)


def minilm(weights: Weights) -> onnx.ModelProto:
    """Build the model.

    Args:
        weights: the tensors of `sentence-transformers/all-MiniLM-L6-v2` by their published names.

    Returns:
        Inputs `input_ids` and `attention_mask`, int64 [N, T]; output `embedding`, float32
        [N, 384] of unit length.

    Raises:
        KeyError: a tensor is missing.
    """
    graph = _Graph()
    mask = graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT)
    x = _embed(graph, weights)
    bias = _attention_bias(graph, mask)
    for layer in range(LAYERS):
        x = _layer(graph, weights, f"encoder.layer.{layer}", x, bias)
    wide = graph.node("Unsqueeze", [mask, graph.integers("last", 2)], "mask.wide")
    kept = graph.node("Mul", [x, wide], "tokens.kept")
    total = graph.node("ReduceSum", [kept, graph.integers("tokens.axis", 1)], "total", keepdims=0)
    # The mean differs from the sum by a factor only, which the unit length removes.
    graph.node("LpNormalization", [total], "embedding", axis=-1, p=2)
    shape = ["texts", "tokens"]
    made = helper.make_graph(
        graph.nodes,
        "minilm",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape)
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", DIMENSIONS])],
        [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
    )
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def _embed(graph: _Graph, weights: Weights) -> str:
    # Every token is of segment 0, so its embedding is part of the position's.
    segment = weights["embeddings.token_type_embeddings.weight"][0]
    places = graph.floats("places", weights["embeddings.position_embeddings.weight"] + segment)
    table = graph.floats("words", weights["embeddings.word_embeddings.weight"])
    words = graph.node("Gather", [table, "input_ids"], "words.found")
    length = graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    bounds = [graph.integers("begin", 0), length, graph.integers("first", 0)]
    there = graph.node("Slice", [places, *bounds], "places.found")
    both = graph.node("Add", [words, there], "embedded")
    return _norm(graph, weights, "embeddings.LayerNorm", both)


def _attention_bias(graph: _Graph, mask: str) -> str:
    """0 for tokens and a large negative number for padding, [N, 1, 1, T]."""
    absent = graph.node("Sub", [graph.floats("one", 1.0), mask], "absent")
    bias = graph.node("Mul", [absent, graph.floats("masked", _MASKED)], "bias.flat")
    return graph.node("Unsqueeze", [bias, graph.integers("middle", 1, 2)], "bias")


def _layer(graph: _Graph, weights: Weights, name: str, x: str, bias: str) -> str:
    context = _attention(graph, weights, f"{name}.attention.self", x, bias)
    attended = _dense(graph, weights, f"{name}.attention.output.dense", context)
    summed = graph.node("Add", [attended, x], f"{name}.attended")
    x = _norm(graph, weights, f"{name}.attention.output.LayerNorm", summed)
    wide = _dense(graph, weights, f"{name}.intermediate.dense", x)
    active = graph.node("Gelu", [wide], f"{name}.active")
    narrow = _dense(graph, weights, f"{name}.output.dense", active)
    summed = graph.node("Add", [narrow, x], f"{name}.fed")
    return _norm(graph, weights, f"{name}.output.LayerNorm", summed)


def _attention(graph: _Graph, weights: Weights, name: str, x: str, bias: str) -> str:
    """Multi-head self-attention, [N, T, D] to [N, T, D]; one product makes q, k and v."""
    size = DIMENSIONS // HEADS
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    weight = np.concatenate([weights[f"{part}.weight"].T for part in parts], axis=1)
    offset = np.concatenate([weights[f"{part}.bias"] for part in parts])
    joint = graph.linear(x, weight, offset, f"{name}.joint")
    split = graph.integers("split", 0, 0, 3, HEADS, size)
    heads = graph.node("Reshape", [joint, split], f"{name}.heads")
    heads = graph.node("Transpose", [heads], f"{name}.turned", perm=[2, 0, 3, 1, 4])
    query, key, value = (
        graph.node("Gather", [heads, graph.constant(f"part.{i}", i, np.int64)], part, axis=0)
        for i, part in enumerate(parts)
    )
    key = graph.node("Transpose", [key], f"{name}.key.turned", perm=[0, 1, 3, 2])
    product = graph.node("MatMul", [query, key], f"{name}.product")
    scale = graph.floats("scale", 1 / sqrt(size))
    scaled = graph.node("Mul", [product, scale], f"{name}.scaled")
    masked = graph.node("Add", [scaled, bias], f"{name}.masked")
    shares = graph.node("Softmax", [masked], f"{name}.shares", axis=-1)
    context = graph.node("MatMul", [shares, value], f"{name}.context")
    context = graph.node("Transpose", [context], f"{name}.back", perm=[0, 2, 1, 3])
    merge = graph.integers("merge", 0, 0, DIMENSIONS)
    return graph.node("Reshape", [context, merge], f"{name}.merged")


def _dense(graph: _Graph, weights: Weights, name: str, x: str) -> str:
    return graph.linear(x, weights[f"{name}.weight"].T, weights[f"{name}.bias"], name)


def _norm(graph: _Graph, weights: Weights, name: str, x: str) -> str:
    gain = graph.floats(f"{name}.gain", weights[f"{name}.weight"])
    shift = graph.floats(f"{name}.shift", weights[f"{name}.bias"])
    return graph.node(
        "LayerNormalization",
        [x, gain, shift],
        name,
        axis=-1,
        epsilon=_NORM_EPSILON,
    )
