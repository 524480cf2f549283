"""The layout that Hugging Face publishes for ONNX Runtime and transformers.js: 32 bits, and the published 8-bit recipe."""

import numpy as np
import onnx
from onnx import helper
from onnx_graph import BOOL, FLOAT, INT64, Graph, value
from onnxruntime.quantization import QuantType, quantize_dynamic


def write(folder, weights):
    """Writes `folder`/onnx."""
    target = folder / "onnx"
    target.mkdir(parents=True, exist_ok=True)
    for name, model, weight_type in (
        # Recipe of the published q8 files (transformers.js scripts/quantize.py): unsigned where there are convolutions.
        ("encoder_model", encoder_model(weights), QuantType.QUInt8),
        ("decoder_model_merged", merged_decoder_model(weights), QuantType.QInt8),
    ):
        onnx.checker.check_model(model)
        onnx.save(model, target / f"{name}.onnx")
        quantize_dynamic(
            target / f"{name}.onnx",
            target / f"{name}_quantized.onnx",
            per_channel=False,
            reduce_range=False,
            weight_type=weight_type,
            extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
        )


def encoder_model(weights):
    dimensions = weights.dimensions
    graph = Graph(weights.arrays)
    hidden = graph.encoder("input_features", dimensions)
    graph.op("Identity", hidden, outputs=["last_hidden_state"])
    return graph.model(
        "encoder",
        [value("input_features", ["batch_size", dimensions.n_mels, "frames"])],
        [value("last_hidden_state", ["batch_size", "encoder_sequence_length", dimensions.n_audio_state])],
    )


def merged_decoder_model(weights):
    """`use_cache_branch` chooses between a first pass over several tokens and steps of one token over the cache."""
    dimensions = weights.dimensions
    whole = Graph(weights.arrays)
    layers, heads = dimensions.n_text_layer, dimensions.n_text_head
    width = dimensions.n_text_state // heads
    outputs = [value("logits", ["batch_size", "length", dimensions.n_vocab])]
    outputs += [value(name, ["batch", heads, "positions", width]) for name in _cache_names("present", layers)]
    first = _branch(whole, "first/", dimensions, cached=False)
    step = _branch(whole, "step/", dimensions, cached=True)
    whole.op("If", "use_cache_branch", outputs=[each.name for each in outputs], then_branch=step, else_branch=first)
    inputs = [
        value("input_ids", ["batch_size", "length"], INT64),
        value("encoder_hidden_states", ["batch_size", "encoder_sequence_length", dimensions.n_audio_state]),
        *[value(name, ["batch_size", heads, "past", width]) for name in _cache_names("past_key_values", layers)],
        value("use_cache_branch", [1], BOOL),
    ]
    return whole.model("decoder", inputs, outputs)


def _cache_names(kind, layers):
    return [f"{kind}.{layer}.{side}.{half}" for layer in range(layers) for side in ("decoder", "encoder") for half in ("key", "value")]


def _branch(whole, prefix, dimensions, cached):
    graph = Graph(whole.arrays, prefix, whole)
    heads, width = dimensions.n_text_head, dimensions.n_text_state // dimensions.n_text_head
    length = graph.length("input_ids", 1)
    past = graph.length("past_key_values.0.decoder.key", 2) if cached else graph.whole(0)
    x = graph.embedded("input_ids", past)
    # A step has one token, which may see all that was before.
    mask = None if cached else graph.causal_mask(length, length)
    presents = []
    for layer in range(dimensions.n_text_layer):
        name = f"decoder.blocks.{layer}"

        def projected(x, part, name=name):
            return graph.heads(graph.linear(x, f"{name}.{part}"), heads, width)

        def past_of(side, half, layer=layer):
            return f"past_key_values.{layer}.{side}.{half}"

        normed = graph.norm(x, f"{name}.attn_ln")
        own = [projected(normed, f"attn.{part}") for part in ("key", "value")]
        if cached:
            own = [graph.op("Concat", past_of("decoder", half), new, axis=2) for half, new in zip(("key", "value"), own, strict=True)]
        x = graph.op("Add", x, graph.attention(projected(normed, "attn.query"), *own, f"{name}.attn", width, mask))
        if cached:
            heard = [past_of("encoder", half) for half in ("key", "value")]
            # They are computed once; who runs the decoder keeps those of the first pass.
            empty = graph.stored("empty", np.zeros((0, heads, 1, width), np.float32))
            kept = [empty, empty]
        else:
            heard = kept = [projected("encoder_hidden_states", f"cross_attn.{part}") for part in ("key", "value")]
        asked = projected(graph.norm(x, f"{name}.cross_attn_ln"), "cross_attn.query")
        x = graph.op("Add", x, graph.attention(asked, *heard, f"{name}.cross_attn", width))
        x = graph.feed_forward(x, name)
        presents += [*own, *kept]
    # The projection onto the vocabulary is the embedding itself, as in the published files.
    vocabulary = graph.op("Transpose", graph.weight("decoder.token_embedding.weight"), perm=[1, 0])
    results = [graph.op("MatMul", graph.norm(x, "decoder.ln"), vocabulary), *presents]
    outputs = [f"{prefix}{name}" for name in ["logits", *_cache_names("present", dimensions.n_text_layer)]]
    for result, output in zip(results, outputs, strict=True):
        graph.op("Identity", result, outputs=[output])
    return helper.make_graph(graph.nodes, prefix.strip("/"), [], [helper.make_tensor_value_info(output, FLOAT, None) for output in outputs])
