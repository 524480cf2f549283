"""What faster-whisper (CTranslate2) makes of the embedded model and its samples, as JSON on standard output."""

import tempfile

import numpy as np
from ctranslate import convert
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_ctranslate2_storage
from nano import FILES, LONG, PROMPT, audio_of, language_of, rounded, versions, write


class Multilingual:
    """CTranslate2 takes every vocabulary smaller than the published ones for an English one; decoding works all the same."""

    is_multilingual = True

    def __init__(self, model):
        self.model = model

    def __getattr__(self, name):
        return getattr(self.model, name)


def load(folder):
    whisper = WhisperModel(convert(folder), device="cpu", compute_type="float32", cpu_threads=1)
    whisper.model = Multilingual(whisper.model)
    return whisper


def speaking(whisper, language):
    return Tokenizer(whisper.hf_tokenizer, True, task="transcribe", language=language)


def features_of(whisper, file):
    """Of 30 s: what is missing is silence, as in openai-whisper's decode()."""
    samples = audio_of([{"file": file}])[:480_000]
    return whisper.feature_extractor(np.pad(samples, (0, 480_000 - len(samples))))[..., :3000]


def window(whisper, encoded, file, timestamps, beam_size=1, prompt=None):
    language = language_of(file)
    vocabulary = speaking(whisper, language)
    previous = vocabulary.encode(prompt) if prompt else []
    asked = whisper.get_prompt(vocabulary, previous, without_timestamps=not timestamps)
    (result,) = whisper.model.generate(
        encoded,
        [asked],
        beam_size=beam_size,
        max_length=len(asked) + 224,
        return_scores=True,
        return_no_speech_prob=True,
        # Those of generation_config.json; with -1 the same.
        suppress_tokens=[-1],
        max_initial_timestamp_index=50,
    )
    tokens = result.sequences_ids[0]
    return {
        "file": file,
        "language": language,
        "timestamps": timestamps,
        "beamSize": beam_size,
        "promptTokens": previous,
        "tokens": tokens,
        # As faster-whisper computes it from the score; an empty text has none.
        "avgLogProb": rounded(result.scores[0] * len(tokens) / (len(tokens) + 1)) if tokens else None,
        "noSpeechProb": rounded(result.no_speech_prob),
    }


def long_form(whisper, **options):
    segments, _ = whisper.transcribe(
        audio_of([{"file": LONG}]), language="en", temperature=0.0, vad_filter=False, **({"beam_size": 1} | options)
    )
    return [
        {"seek": each.seek, "start": rounded(each.start), "end": rounded(each.end), "tokens": each.tokens}
        | (
            {"words": [{"word": w.word, "start": rounded(w.start), "end": rounded(w.end), "probability": rounded(w.probability)} for w in each.words]}
            if options.get("word_timestamps")
            else {}
        )
        for each in segments
    ]


def fixture(whisper):
    asked = [
        {"timestamps": False},
        {"timestamps": True},
        {"timestamps": False, "beam_size": 5},
        {"timestamps": True, "beam_size": 5},
        {"timestamps": False, "prompt": PROMPT},
    ]
    encoded = {file: whisper.model.encode(get_ctranslate2_storage(features_of(whisper, file)[None])) for file in FILES}
    alone = {"condition_on_previous_text": False}
    long = {
        "alone": alone,
        "conditioned": {},
        "alone, 5 beams": alone | {"beam_size": 5},
        "words, alone": alone | {"word_timestamps": True},
        "hot words, alone": alone | {"hotwords": PROMPT},
    }
    return {
        "versions": versions("faster-whisper", "ctranslate2", "transformers", "torch", "numpy"),
        "windows": [window(whisper, encoded[file], file, **options) for options in asked for file in FILES],
        "long": [{"name": name, "segments": long_form(whisper, **options)} for name, options in long.items()],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write(fixture(load(folder)))
