"""openai-whisper, the reference: PyTorch in 32 bits, greedy, without timestamps."""

from importlib.metadata import version

import torch
import whisper


class Peer:
    largest_batch = 1

    def __init__(self, options):
        if not options.get("asItComes"):
            torch.set_num_threads(options["threads"])
        self.whisper = whisper.load_model(options["model"], device="cpu")
        self.about = f"openai-whisper {version('openai-whisper')}, torch {torch.__version__}, fp32"

    def decode(self, batch, tokens):
        asked = whisper.DecodingOptions(language="en", without_timestamps=True, fp16=False, temperature=0.0, sample_len=tokens)
        return [self._decode(samples, asked) for samples in batch]

    def _decode(self, samples, asked):
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self.whisper.dims.n_mels)
        return len(whisper.decode(self.whisper, mel, asked).tokens)
