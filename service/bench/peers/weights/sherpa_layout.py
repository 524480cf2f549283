"""sherpa-onnx's layout: the encoder puts out the keys and values of cross-attention, caches have their full length."""

import base64

import onnx
from onnx_graph import INT64, Graph, value
from onnxruntime.quantization import QuantType, quantize_dynamic
from vocabulary import text_tokens, tokenizer


def write(folder, weights):
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in (("encoder", encoder_model(weights)), ("decoder", decoder_model(weights))):
        onnx.checker.check_model(model)
        onnx.save(model, folder / f"{name}.onnx")
        quantize_dynamic(folder / f"{name}.onnx", folder / f"{name}.int8.onnx", op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
    lines = (f"{base64.b64encode(token).decode()} {id}\n" for id, token in enumerate(text_tokens()))
    (folder / "tokens.txt").write_text("".join(lines))


def encoder_model(weights):
    dimensions = weights.dimensions
    graph = Graph(weights.arrays)
    hidden = graph.encoder("mel", dimensions)
    for half in ("key", "value"):
        layers = [
            graph.op("Unsqueeze", graph.linear(hidden, f"decoder.blocks.{layer}.cross_attn.{half}"), graph.whole(0))
            for layer in range(dimensions.n_text_layer)
        ]
        graph.op("Concat", *layers, outputs=[f"n_layer_cross_{half[0]}"], axis=0)
    shape = [dimensions.n_text_layer, "n_audio", "positions", dimensions.n_text_state]
    outputs = [value(f"n_layer_cross_{half}", shape) for half in "kv"]
    model = graph.model("encoder", [value("mel", ["n_audio", dimensions.n_mels, "frames"])], outputs)
    onnx.helper.set_model_props(model, {key: str(entry) for key, entry in _metadata(dimensions).items()})
    return model


def _metadata(dimensions):
    tokens = tokenizer(dimensions.n_vocab)
    return {
        "model_type": "whisper-tiny",
        "version": 1,
        "maintainer": "whisper-stt-bench",
        **dimensions.as_dict(),
        "sot_sequence": ",".join(map(str, tokens.sot_sequence)),
        "all_language_tokens": ",".join(map(str, tokens.all_language_tokens)),
        "all_language_codes": ",".join(tokens.all_language_codes),
        "sot": tokens.sot,
        "sot_index": 0,
        "eot": tokens.eot,
        "blank_id": tokens.encode(" ")[0],
        "is_multilingual": 1,
        "no_speech": tokens.no_speech,
        "non_speech_tokens": ",".join(map(str, tokens.non_speech_tokens)),
        "transcribe": tokens.transcribe,
        "translate": tokens.translate,
        "sot_prev": tokens.sot_prev,
        "sot_lm": tokens.sot_lm,
        "no_timestamps": tokens.no_timestamps,
    }


def decoder_model(weights):
    dimensions = weights.dimensions
    graph = Graph(weights.arrays)
    heads, width = dimensions.n_text_head, dimensions.n_text_state // dimensions.n_text_head
    length = graph.length("tokens", 1)
    end = graph.op("Add", "offset", length)
    x = graph.embedded("tokens", "offset")
    mask = graph.causal_mask(length, end)
    caches = {"k": [], "v": []}
    for layer in range(dimensions.n_text_layer):
        name = f"decoder.blocks.{layer}"
        of_layer = lambda tensor, layer=layer: graph.op("Gather", tensor, graph.scalar(graph.whole(layer)), axis=0)  # noqa: E731
        normed = graph.norm(x, f"{name}.attn_ln")
        seen = []
        for half, part in (("k", "key"), ("v", "value")):
            cache = of_layer(f"in_n_layer_self_{half}_cache")
            before = graph.op("Slice", cache, graph.whole(0), "offset", graph.whole(1))
            after = graph.op("Slice", cache, end, graph.whole(dimensions.n_text_ctx), graph.whole(1))
            filled = graph.op("Concat", before, graph.linear(normed, f"{name}.attn.{part}"), axis=1)
            caches[half].append(graph.op("Unsqueeze", graph.op("Concat", filled, after, axis=1), graph.whole(0)))
            seen.append(graph.heads(filled, heads, width))
        query = graph.heads(graph.linear(normed, f"{name}.attn.query"), heads, width)
        x = graph.op("Add", x, graph.attention(query, *seen, f"{name}.attn", width, mask))
        heard = [graph.heads(of_layer(f"n_layer_cross_{half}"), heads, width) for half in "kv"]
        asked = graph.heads(graph.linear(graph.norm(x, f"{name}.cross_attn_ln"), f"{name}.cross_attn.query"), heads, width)
        x = graph.op("Add", x, graph.attention(asked, *heard, f"{name}.cross_attn", width))
        x = graph.feed_forward(x, name)
    # The constant stands left, as in sherpa-onnx's own export, where the 8-bit recipe leaves it alone.
    columns = graph.op("Transpose", graph.norm(x, "decoder.ln"), perm=[0, 2, 1])
    product = graph.op("MatMul", graph.weight("decoder.token_embedding.weight"), columns)
    graph.op("Transpose", product, outputs=["logits"], perm=[0, 2, 1])
    cache_shape = [dimensions.n_text_layer, "n_audio", dimensions.n_text_ctx, dimensions.n_text_state]
    cross_shape = [dimensions.n_text_layer, "n_audio", "positions", dimensions.n_text_state]
    inputs = [
        value("tokens", ["n_audio", "n_tokens"], INT64),
        *[value(f"in_n_layer_self_{half}_cache", cache_shape) for half in "kv"],
        *[value(f"n_layer_cross_{half}", cross_shape) for half in "kv"],
        value("offset", [1], INT64),
    ]
    outputs = [value("logits", ["n_audio", "n_tokens", dimensions.n_vocab])]
    for half in "kv":
        outputs.append(value(f"out_n_layer_self_{half}_cache", cache_shape))
        graph.op("Concat", *caches[half], outputs=[outputs[-1].name], axis=0)
    return graph.model("decoder", inputs, outputs)
