"""Logits of the model of Whisper tiny's shapes (random weights, only as ONNX) in PyTorch, as JSON on standard output.

python with_tiny_shaped.py FOLDER: the weights are read out of the ONNX files into transformers' WhisperForConditionalGeneration,
which reads all tokens at once: what the server's decoder must come to, a token a time over its cache.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from nano import audio_of, rounded, versions, write
from onnx import numpy_helper
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

FOLDER = Path(sys.argv[1])
HEADER = [50258, 50259, 50359, 50363]
MODULES = {"a": "self_attn", "c": "encoder_attn"}
PARTS = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "out_proj", "f1": "fc1", "f2": "fc2"}


def linear_layers(graph, weights):
    """(name of the bias, weight) of each linear layer, in the graph's order; keys have no bias."""
    biases = {}
    for node in graph.node:
        if node.op_type == "Add":
            named = [name for name in node.input if name in weights]
            if named:
                biases |= {name: named[0] for name in node.input if name not in weights}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            yield biases.get(node.output[0]), torch.from_numpy(weights[node.input[1]].T.copy())


def read(file, branch=None):
    """A graph and its weights by name; what the merged decoder's two branches share is prefixed there."""
    graph = onnx.load(FOLDER / "onnx" / file).graph
    weights = {each.name.removeprefix("A/"): numpy_helper.to_array(each) for each in graph.initializer}
    if branch:
        (node,) = [each for each in graph.node if each.op_type == "If"]
        graph = next(each.g for each in node.attribute if each.name == branch)
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [name.removeprefix("A/") for name in names]
        # Equal tensors are stored once.
        if node.op_type == "Identity" and node.input[0] in weights:
            weights[node.output[0]] = weights[node.input[0]]
    return graph, weights


def layer_weights(prefix, side, graph, weights):
    """The linear layers in transformers' names."""
    state = {}
    blocks = ["a", "c"] if side == "decoder" else ["a"]
    keys = 0
    for bias, weight in linear_layers(graph, weights):
        if bias is None:
            layer, block, part = keys // len(blocks), blocks[keys % len(blocks)], "k"
            keys += 1
        else:
            layer, *block, part, _ = bias.removeprefix(f"{prefix}l.").split(".")
            block = block[0] if block else None
        name = ".".join(filter(None, ["model", side, "layers", str(layer), MODULES.get(block), PARTS[part]]))
        state[f"{name}.weight"] = weight
        if bias is not None:
            state[f"{name}.bias"] = torch.from_numpy(weights[bias].copy())
    return state


def load():
    model = WhisperForConditionalGeneration(WhisperConfig.from_pretrained(FOLDER, attn_implementation="eager"))
    encoder, encoder_weights = read("encoder_model.onnx")
    decoder, decoder_weights = read("decoder_model_merged.onnx", "else_branch")
    tensor = lambda weights, name: torch.from_numpy(weights[name].copy())  # noqa: E731
    state = layer_weights("", "encoder", encoder, encoder_weights) | layer_weights("d.", "decoder", decoder, decoder_weights)
    state |= {
        f"model.encoder.{name}": tensor(encoder_weights, source)
        for name, source in {
            "conv1.weight": "c1.weight",
            "conv1.bias": "c1.bias",
            "conv2.weight": "c2.weight",
            "conv2.bias": "c2.bias",
            "embed_positions.weight": "pos",
        }.items()
    }
    state["model.decoder.embed_positions.weight"] = tensor(decoder_weights, "d.pos.weight")
    state["model.decoder.embed_tokens.weight"] = state["proj_out.weight"] = tensor(decoder_weights, "d.emb.weight")
    norms = {"self_attn_layer_norm": "ln1", "encoder_attn_layer_norm": "lnc", "final_layer_norm": "ln2"}
    for name in model.state_dict():
        if "layer_norm" in name:
            _, side, *where, kind = name.split(".")
            source = f"l.{where[1]}.{norms[where[2]]}.{kind}" if where[0] == "layers" else f"ln.{kind}"
            state[name] = tensor(decoder_weights, f"d.{source}") if side == "decoder" else tensor(encoder_weights, source)
    model.load_state_dict(state)
    return model.eval()


@torch.no_grad()
def forced(model, extractor, parts, tokens, vocabulary):
    features = extractor(audio_of(parts), sampling_rate=16_000, return_tensors="pt").input_features
    encoded = model.model.encoder(features).last_hidden_state
    logits = model(encoder_outputs=(encoded,), decoder_input_ids=torch.tensor([HEADER + tokens])).logits[0, len(HEADER) - 1 :]
    positions, channels = [0, 1, 100, 749, 1499], list(range(0, 384, 32))
    return {
        "audio": parts,
        "header": HEADER,
        "tokens": tokens,
        "encoder": {
            "positions": positions,
            "channels": channels,
            "values": [[rounded(encoded[0, at, channel], 5) for channel in channels] for at in positions],
        },
        # One more than tokens: the first is behind the header.
        "steps": [
            {
                "likeliest": int(row.argmax()),
                "highest": rounded(row.max(), 5),
                "logSumExp": rounded(row.logsumexp(-1), 5),
                "logits": [rounded(row[token], 4) for token in vocabulary],
            }
            for row in logits
        ],
    }


def fixture():
    torch.set_num_threads(1)
    model, extractor = load(), WhisperFeatureExtractor.from_pretrained(FOLDER)
    random = np.random.RandomState(20)
    vocabulary = sorted(random.choice(50257, 196, replace=False).tolist()) + [50257, 50258, 50363, 51864]
    inputs = [
        [{"file": "en-01.wav"}],
        [{"noise": 480_000, "seed": 7, "shift": 2}],
        [{"silence": 48_000}, {"noise": 80_000, "seed": 8, "shift": 5}, {"file": "de-01.wav"}],
    ]
    return {
        "versions": versions("transformers", "torch", "numpy", "onnx"),
        "vocabulary": vocabulary,
        "inputs": [forced(model, extractor, parts, random.choice(50257, 24).tolist(), vocabulary) for parts in inputs],
    }


if __name__ == "__main__":
    write(fixture())
