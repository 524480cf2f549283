"""Hugging Face transformers: PyTorch in bfloat16, which this processor multiplies natively where it has AVX512-BF16."""

import torch
import transformers
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

transformers.logging.set_verbosity_error()


class Peer:
    def __init__(self, options):
        if not options.get("asItComes"):
            torch.set_num_threads(options["threads"])
        self.largest_batch = options.get("batch", 1)
        self.model = WhisperForConditionalGeneration.from_pretrained(options["model"], dtype=torch.bfloat16).eval()
        self.extractor = WhisperFeatureExtractor.from_pretrained(options["model"])
        self.about = f"transformers {transformers.__version__}, torch {torch.__version__}, bf16"

    @torch.inference_mode()
    def decode(self, batch, tokens):
        features = self.extractor(batch, sampling_rate=16_000, return_tensors="pt").input_features.to(torch.bfloat16)
        ids = self.model.generate(
            features, language="en", task="transcribe", return_timestamps=False, min_new_tokens=tokens, max_new_tokens=tokens, num_beams=1
        )
        # Some versions return the header of four tokens, too.
        return [len(row) if len(row) == tokens else len(row) - 4 for row in ids]
