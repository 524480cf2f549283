"""faster-whisper: its features, CTranslate2's encoder and search, greedy, without timestamps."""

from importlib.metadata import version

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_ctranslate2_storage

WINDOW_SAMPLES = 480_000
WINDOW_FRAMES = 3000


class Peer:
    def __init__(self, options):
        threads, workers = options["threads"], options.get("workers", 1)
        # What its own constructor takes where nothing is stated.
        stated = {} if options.get("asItComes") else {"cpu_threads": threads}
        self.whisper = WhisperModel(options["model"], device="cpu", compute_type="int8", num_workers=workers, **stated)
        vocabulary = Tokenizer(self.whisper.hf_tokenizer, True, task="transcribe", language="en")
        self.prompt = [*vocabulary.sot_sequence, vocabulary.no_timestamps]
        self.largest_batch = options.get("batch", 1)
        self.beams = 5 if options.get("asItComes") else 1
        self.about = f"faster-whisper {version('faster-whisper')}, CTranslate2 {version('ctranslate2')}, int8"

    def decode(self, batch, tokens):
        features = np.stack([self._features(samples) for samples in batch])
        encoded = self.whisper.model.encode(get_ctranslate2_storage(features))
        results = self.whisper.model.generate(
            encoded,
            [self.prompt] * len(batch),
            beam_size=self.beams,
            # CTranslate2 samples at most half of it.
            max_length=2 * tokens,
            suppress_tokens=[-1],
        )
        return [len(result.sequences_ids[0]) for result in results]

    def _features(self, samples):
        features = self.whisper.feature_extractor(samples[:WINDOW_SAMPLES])[..., :WINDOW_FRAMES]
        return np.pad(features, [(0, 0), (0, WINDOW_FRAMES - features.shape[-1])])
