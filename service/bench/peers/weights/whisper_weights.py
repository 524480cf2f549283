"""The weights of one Whisper model, in openai-whisper's names: the source of every peer's format.

Random ones have Whisper tiny's shapes. Their text means nothing, and every engine decodes exactly as many tokens as it is told
to: the rows of the token embedding from end-of-text on are zero, so that no special token ever wins. A real model gets the same
rows, for the same reason.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

END_OF_TEXT = 50257
SEED = 20
# Wide enough that scores differ clearly, narrow enough that half precision does not overflow.
STANDARD_DEVIATION = 0.05


@dataclass(frozen=True)
class Dimensions:
    """openai-whisper's ModelDimensions."""

    n_mels: int = 80
    n_audio_ctx: int = 1500
    n_audio_state: int = 384
    n_audio_head: int = 6
    n_audio_layer: int = 4
    n_vocab: int = 51865
    n_text_ctx: int = 448
    n_text_state: int = 384
    n_text_head: int = 6
    n_text_layer: int = 4

    def as_dict(self):
        return asdict(self)


@dataclass(frozen=True)
class Weights:
    dimensions: Dimensions
    arrays: dict  # name -> float32 array


def random_weights():
    dimensions = Dimensions()
    random = np.random.default_rng(SEED)
    arrays = {}
    for name, shape in _shapes(dimensions).items():
        if ".ln" in name or "_ln." in name:
            arrays[name] = np.full(shape, 1.0 if name.endswith("weight") else 0.0, np.float32)
        else:
            arrays[name] = random.normal(0, STANDARD_DEVIATION, shape).astype(np.float32)
    arrays["encoder.positional_embedding"] = _sinusoids(dimensions.n_audio_ctx, dimensions.n_audio_state)
    return Weights(dimensions, _silenced(arrays))


def weights_of(folder):
    """Those of a Hugging Face folder (config.json, model.safetensors)."""
    from transformers import WhisperForConditionalGeneration

    model = WhisperForConditionalGeneration.from_pretrained(Path(folder)).float()
    config = model.config
    dimensions = Dimensions(
        n_mels=config.num_mel_bins,
        n_audio_ctx=config.max_source_positions,
        n_audio_state=config.d_model,
        n_audio_head=config.encoder_attention_heads,
        n_audio_layer=config.encoder_layers,
        n_vocab=config.vocab_size,
        n_text_ctx=config.max_target_positions,
        n_text_state=config.d_model,
        n_text_head=config.decoder_attention_heads,
        n_text_layer=config.decoder_layers,
    )
    if dimensions.n_vocab <= END_OF_TEXT + 1 or config.eos_token_id != END_OF_TEXT:
        raise SystemExit(f"{folder}: end-of-text is {config.eos_token_id}; the benchmark takes multilingual models ({END_OF_TEXT})")
    theirs = model.state_dict()
    arrays = {name: theirs[hugging_face_name(name)].numpy().copy() for name in _shapes(dimensions)}
    return Weights(dimensions, _silenced(arrays))


def hugging_face_name(name):
    """The name of a weight in transformers' WhisperForConditionalGeneration."""
    for ours, theirs in _RENAMED:
        name = name.replace(ours, theirs)
    return f"model.{name}"


# The longer names first: `cross_attn` holds `attn`.
_RENAMED = [
    (".blocks.", ".layers."),
    (".cross_attn_ln.", ".encoder_attn_layer_norm."),
    (".attn_ln.", ".self_attn_layer_norm."),
    (".mlp_ln.", ".final_layer_norm."),
    (".cross_attn.", ".encoder_attn."),
    (".attn.", ".self_attn."),
    (".query.", ".q_proj."),
    (".key.", ".k_proj."),
    (".value.", ".v_proj."),
    (".out.", ".out_proj."),
    (".mlp.0.", ".fc1."),
    (".mlp.2.", ".fc2."),
    ("encoder.ln_post.", "encoder.layer_norm."),
    ("decoder.ln.", "decoder.layer_norm."),
    ("decoder.token_embedding.", "decoder.embed_tokens."),
    (".positional_embedding", ".embed_positions.weight"),
]


def _shapes(dimensions):
    shapes = {}

    def linear(name, outputs, inputs, bias=True):
        shapes[f"{name}.weight"] = (outputs, inputs)
        if bias:
            shapes[f"{name}.bias"] = (outputs,)

    def norm(name, width):
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (width,)

    def block(name, width, attentions):
        for attention in attentions:
            for part in ("query", "key", "value", "out"):
                linear(f"{name}.{attention}.{part}", width, width, bias=part != "key")
            norm(f"{name}.{attention}_ln", width)
        linear(f"{name}.mlp.0", 4 * width, width)
        linear(f"{name}.mlp.2", width, 4 * width)
        norm(f"{name}.mlp_ln", width)

    audio, text = dimensions.n_audio_state, dimensions.n_text_state
    shapes |= {
        "encoder.conv1.weight": (audio, dimensions.n_mels, 3),
        "encoder.conv1.bias": (audio,),
        "encoder.conv2.weight": (audio, audio, 3),
        "encoder.conv2.bias": (audio,),
        "encoder.positional_embedding": (dimensions.n_audio_ctx, audio),
    }
    for layer in range(dimensions.n_audio_layer):
        block(f"encoder.blocks.{layer}", audio, ["attn"])
    norm("encoder.ln_post", audio)
    shapes |= {
        "decoder.token_embedding.weight": (dimensions.n_vocab, text),
        "decoder.positional_embedding": (dimensions.n_text_ctx, text),
    }
    for layer in range(dimensions.n_text_layer):
        block(f"decoder.blocks.{layer}", text, ["attn", "cross_attn"])
    norm("decoder.ln", text)
    return shapes


def _silenced(arrays):
    arrays["decoder.token_embedding.weight"][END_OF_TEXT:] = 0
    return arrays


def _sinusoids(length, channels):
    """openai-whisper's, as every Whisper model has them."""
    scales = np.exp(-np.log(10_000) / (channels // 2 - 1) * np.arange(channels // 2))
    angles = np.arange(length)[:, None] * scales
    return np.concatenate([np.sin(angles), np.cos(angles)], 1).astype(np.float32)
