"""Whether the graphs that are written here compute what transformers does, in 32 bits: a wrong one would be fast for nothing."""

import numpy as np
import onnxruntime
import torch
import whisper
from transformers import WhisperForConditionalGeneration

HEADER = [50258, 50259, 50359, 50363]
NEXT = 1000
# Logits of random weights are about as large as 4; sums in another order differ by some 1e-4.
TOLERANCE = 5e-3


def check(folder, dimensions):
    """Reads the header at once and one token more, through every format. Raises SystemExit where logits differ."""
    mel = np.random.default_rng(1).normal(0, 1, (1, dimensions.n_mels, 2 * dimensions.n_audio_ctx)).astype(np.float32)
    expected = _transformers(folder / "model", mel)
    found = {
        "openai-whisper": _openai_whisper(folder / "openai-whisper/model.pt", mel),
        "published layout": _published(folder / "model/onnx", mel, dimensions),
        "sherpa-onnx": _sherpa(folder / "sherpa-onnx", mel, dimensions),
    }
    for name, logits in found.items():
        difference = np.abs(logits - expected).max()
        if not difference < TOLERANCE:
            raise SystemExit(f"{name}: logits differ from those of transformers by {difference}, expected less than {TOLERANCE}")


@torch.no_grad()
def _transformers(folder, mel):
    model = WhisperForConditionalGeneration.from_pretrained(folder).float().eval()
    return model(torch.from_numpy(mel), decoder_input_ids=torch.tensor([[*HEADER, NEXT]])).logits[0].numpy()


@torch.no_grad()
def _openai_whisper(file, mel):
    model = whisper.load_model(str(file), device="cpu")
    return model(torch.from_numpy(mel), torch.tensor([[*HEADER, NEXT]]))[0].numpy()


def _published(folder, mel, dimensions):
    encoder, decoder = (onnxruntime.InferenceSession(folder / f"{name}.onnx") for name in ("encoder_model", "decoder_model_merged"))
    (hidden,) = encoder.run(None, {"input_features": mel})
    outputs = [output.name for output in decoder.get_outputs()]
    width = dimensions.n_text_state // dimensions.n_text_head
    cache = {name.replace("present", "past_key_values"): np.zeros((1, dimensions.n_text_head, 0, width), np.float32) for name in outputs[1:]}
    logits = []
    for tokens, cached in (HEADER, False), ([NEXT], True):
        inputs = {"input_ids": np.array([tokens]), "encoder_hidden_states": hidden, "use_cache_branch": np.array([cached])}
        results = dict(zip(outputs, decoder.run(None, inputs | cache), strict=True))
        logits.append(results.pop("logits")[0])
        cache = {name.replace("present", "past_key_values"): each for name, each in results.items()}
    return np.concatenate(logits)


def _sherpa(folder, mel, dimensions):
    encoder, decoder = (onnxruntime.InferenceSession(folder / f"{name}.onnx") for name in ("encoder", "decoder"))
    cross = dict(zip(("n_layer_cross_k", "n_layer_cross_v"), encoder.run(None, {"mel": mel}), strict=True))
    empty = np.zeros((dimensions.n_text_layer, 1, dimensions.n_text_ctx, dimensions.n_text_state), np.float32)
    keys, values = empty, empty
    logits = []
    for tokens, offset in (HEADER, 0), ([NEXT], len(HEADER)):
        inputs = {"tokens": np.array([tokens]), "in_n_layer_self_k_cache": keys, "in_n_layer_self_v_cache": values, "offset": np.array([offset])}
        row, keys, values = decoder.run(None, inputs | cross)
        logits.append(row[0])
    return np.concatenate(logits)
