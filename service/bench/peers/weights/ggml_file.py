"""whisper.cpp's file: header, mel filters, vocabulary, tensors; in 8 bits as its own `whisper-quantize … q8_0` writes it."""

import struct

import numpy as np
from vocabulary import ASSETS, text_tokens

MAGIC = 0x67676D6C
# ggml.h, ggml_type and ggml_ftype; a quantized file adds 1000 times the version of the quantization.
TYPE_F32, TYPE_F16, TYPE_Q8_0 = 0, 1, 8
FILE_Q8_0 = 2007
BLOCK = 32
STAY_FLOAT = {"encoder.positional_embedding", "decoder.positional_embedding"}


def write(folder, weights):
    folder.mkdir(parents=True, exist_ok=True)
    d = weights.dimensions
    with np.load(ASSETS / "mel_filters.npz") as filters:
        mel = filters[f"mel_{d.n_mels}"].astype(np.float32)
    with open(folder / "ggml-q8_0.bin", "wb") as file:
        header = [d.n_vocab, d.n_audio_ctx, d.n_audio_state, d.n_audio_head, d.n_audio_layer]
        header += [d.n_text_ctx, d.n_text_state, d.n_text_head, d.n_text_layer, d.n_mels, FILE_Q8_0]
        file.write(struct.pack("i" * 12, MAGIC, *header))
        file.write(struct.pack("ii", *mel.shape) + mel.tobytes())
        tokens = text_tokens()
        file.write(struct.pack("i", len(tokens)))
        for token in tokens:
            file.write(struct.pack("i", len(token)) + token)
        for name, array in weights.arrays.items():
            kind, shape, data = _stored(name, array)
            encoded = name.encode()
            file.write(struct.pack("iii", len(shape), len(encoded), kind))
            file.write(struct.pack("i" * len(shape), *reversed(shape)) + encoded + data)


def _stored(name, array):
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        return TYPE_F32, (*array.shape, 1), array.tobytes()
    if array.ndim == 1 or name in STAY_FLOAT:
        return TYPE_F32, array.shape, array.tobytes()
    if array.ndim == 2:
        return TYPE_Q8_0, array.shape, _q8_0(array)
    return TYPE_F16, array.shape, array.astype(np.float16).tobytes()


def _q8_0(array):
    """Blocks of 32 numbers: a half-precision scale and a signed byte each (ggml-quants.c, quantize_row_q8_0_ref)."""
    blocks = array.reshape(-1, BLOCK)
    scales = np.abs(blocks).max(1, keepdims=True) / 127
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    packed = np.empty(len(blocks), np.dtype([("scale", "<f2"), ("numbers", "i1", BLOCK)]))
    packed["scale"] = scales[:, 0]
    packed["numbers"] = np.round(blocks * inverse)
    return packed.tobytes()
