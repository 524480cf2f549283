"""ONNX graphs node by node, and Whisper's layers in them: the published layout and sherpa-onnx's differ in what goes around."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# The first with LayerNormalization as one operator.
OPSET = 17
FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
LOWEST = float(np.finfo(np.float32).min)


def value(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


class Graph:
    """Nodes of a graph; a branch has its own and shares the weights of the graph that it is in."""

    def __init__(self, arrays, prefix="", parent=None):
        self.arrays = arrays
        self.prefix = prefix
        self.nodes = []
        self.initializers = parent.initializers if parent else {}
        self.count = 0

    def op(self, kind, *inputs, outputs=None, **attributes):
        """Adds a node. Returns the name of its output, or the names that it was given."""
        names = outputs or [f"{self.prefix}{kind}_{self.count}"]
        self.count += 1
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=f"{self.prefix}n{self.count}", **attributes))
        return names if outputs and len(outputs) > 1 else names[0]

    def stored(self, name, array):
        self.initializers.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, name):
        return self.stored(name, self.arrays[name])

    def whole(self, *numbers):
        return self.stored("i" + "_".join(map(str, numbers)), np.array(numbers, np.int64))

    def number(self, number):
        return self.stored(f"f{number}", np.array(number, np.float32))

    def linear(self, x, name):
        # Transposed as exporters fold it: runtimes quantize a constant right side.
        product = self.op("MatMul", x, self.stored(f"{name}.weight_t", self.arrays[f"{name}.weight"].T))
        return self.op("Add", product, self.weight(f"{name}.bias")) if f"{name}.bias" in self.arrays else product

    def norm(self, x, name):
        return self.op("LayerNormalization", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), axis=-1, epsilon=1e-5)

    def gelu(self, x):
        """As exporters write it, and runtimes recognise it."""
        error = self.op("Erf", self.op("Div", x, self.number(2**0.5)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", error, self.number(1.0))), self.number(0.5))

    def heads(self, x, count, width):
        """[batch, length, state] -> [batch, heads, length, width]"""
        return self.op("Transpose", self.op("Reshape", x, self.whole(0, -1, count, width)), perm=[0, 2, 1, 3])

    def attention(self, query, keys, values, name, width, mask=None):
        """Of heads; `query` is not scaled yet."""
        scaled = self.op("Mul", query, self.number(width**-0.5))
        scores = self.op("MatMul", scaled, self.op("Transpose", keys, perm=[0, 1, 3, 2]))
        if mask is not None:
            scores = self.op("Add", scores, mask)
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), values)
        state = self.arrays[f"{name}.out.weight"].shape[0]
        joined = self.op("Reshape", self.op("Transpose", mixed, perm=[0, 2, 1, 3]), self.whole(0, -1, state))
        return self.linear(joined, f"{name}.out")

    def feed_forward(self, x, name):
        inner = self.gelu(self.linear(self.norm(x, f"{name}.mlp_ln"), f"{name}.mlp.0"))
        return self.op("Add", x, self.linear(inner, f"{name}.mlp.2"))

    def length(self, x, axis):
        """As a tensor of one number."""
        return self.op("Gather", self.op("Shape", x), self.whole(axis), axis=0)

    def scalar(self, x):
        return self.op("Squeeze", x, self.whole(0))

    def causal_mask(self, queries, keys):
        """Of the last `queries` of `keys` positions, both tensors of one number."""
        positions = self.op("Range", self.scalar(self.whole(0)), self.scalar(keys), self.scalar(self.whole(1)))
        own = self.op("Slice", positions, self.op("Sub", keys, queries), keys, self.whole(0))
        later = self.op("Greater", self.op("Unsqueeze", positions, self.whole(0)), self.op("Unsqueeze", own, self.whole(1)))
        return self.op("Where", later, self.number(LOWEST), self.number(0.0))

    def encoder(self, features, dimensions):
        """[batch, mels, frames] -> [batch, frames / 2, state]"""
        state, heads = dimensions.n_audio_state, dimensions.n_audio_head
        x = features
        for name, stride in (("encoder.conv1", 1), ("encoder.conv2", 2)):
            conv = self.op("Conv", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), pads=[1, 1], strides=[stride], kernel_shape=[3])
            x = self.gelu(conv)
        x = self.op("Transpose", x, perm=[0, 2, 1])
        positions = self.op("Slice", self.weight("encoder.positional_embedding"), self.whole(0), self.length(x, 1), self.whole(0))
        x = self.op("Add", x, positions)
        for layer in range(dimensions.n_audio_layer):
            name = f"encoder.blocks.{layer}"
            normed = self.norm(x, f"{name}.attn_ln")
            query, keys, values = (
                self.heads(self.linear(normed, f"{name}.attn.{part}"), heads, state // heads) for part in ("query", "key", "value")
            )
            x = self.op("Add", x, self.attention(query, keys, values, f"{name}.attn", state // heads))
            x = self.feed_forward(x, name)
        return self.norm(x, "encoder.ln_post")

    def embedded(self, tokens, start):
        """Tokens at their positions from `start` on, a tensor of one number."""
        end = self.op("Add", start, self.length(tokens, 1))
        positions = self.op("Slice", self.weight("decoder.positional_embedding"), start, end, self.whole(0))
        return self.op("Add", self.op("Gather", self.weight("decoder.token_embedding.weight"), tokens), positions)

    def model(self, name, inputs, outputs):
        graph = helper.make_graph(self.nodes, name, inputs, outputs, list(self.initializers.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9, producer_name="whisper-stt-bench")
