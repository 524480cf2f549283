"""What openai-whisper makes of the embedded model and its samples, as JSON on standard output.

Run by `npm run parity:refresh`. The weights and the vocabulary get into openai-whisper as the model's own training recipe
does it (service/models/whisper-nano/training/openai_check.py); decoding is openai-whisper's, unchanged.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

MODEL = Path(__file__).resolve().parents[2] / "service/models/whisper-nano"
sys.path.insert(0, str(MODEL / "training"))

import torch  # noqa: E402
import whisper  # noqa: E402
import whisper.decoding  # noqa: E402
import whisper.transcribe  # noqa: E402
from openai_check import load, tokenizer  # noqa: E402
from seq import read  # noqa: E402
from tokenizer import LANG, SOT, TRANSCRIBE  # noqa: E402

PROMPT = " I want to pay four hundred dollars."


def rounded(number):
    return round(float(number), 6)


def main():
    torch.set_num_threads(1)
    sys.stdout, stdout = sys.stderr, sys.stdout
    model = load(str(MODEL / "training/model.pt"))
    vocabulary = tokenizer(str(MODEL / "training/merges.json"))
    vocabulary.num_languages = len(LANG)

    def speaking(language):
        vocabulary.language = language
        vocabulary.sot_sequence = (SOT, LANG[language], TRANSCRIBE)
        vocabulary.__dict__.pop("sot_sequence_including_notimestamps", None)
        return vocabulary

    get_tokenizer = lambda *_, language=None, **__: speaking(language or "en")  # noqa: E731
    whisper.transcribe.__globals__["get_tokenizer"] = whisper.decoding.get_tokenizer = get_tokenizer

    languages = {"es-01.wav": "es", "de-01.wav": "de"}
    files = sorted(path.name for path in (MODEL / "samples").glob("*.wav"))
    features = {name: whisper.log_mel_spectrogram(whisper.pad_or_trim(read(MODEL / "samples" / name).copy())) for name in files}

    def decode(name, **options):
        language = languages.get(name, "en")
        speaking(language)
        result = whisper.decode(
            model, features[name], whisper.DecodingOptions(language=language, temperature=0.0, fp16=False, suppress_tokens="", **options)
        )
        return {
            "file": name,
            "language": language,
            "timestamps": not options.get("without_timestamps", False),
            "beamSize": options.get("beam_size", 1),
            "promptTokens": vocabulary.encode(options["prompt"]) if "prompt" in options else [],
            "tokens": result.tokens,
            "avgLogProb": rounded(result.avg_logprob),
            "noSpeechProb": rounded(result.no_speech_prob),
            "compressionRatio": rounded(result.compression_ratio),
        }

    variants = [
        {"without_timestamps": True},
        {},
        {"without_timestamps": True, "beam_size": 5},
        {"beam_size": 5},
        {"without_timestamps": True, "prompt": PROMPT},
    ]
    windows = [decode(name, **options) for options in variants for name in files]

    speaking("en")
    detected = {}
    for name in files:
        _, probabilities = model.detect_language(features[name], speaking("en"))
        detected[name] = {code: rounded(probability) for code, probability in probabilities.items()}

    def transcribe(**options):
        result = whisper.transcribe(
            model, read(MODEL / "samples/long-en.wav").copy(), temperature=0.0, suppress_tokens="", language="en", fp16=False, **options
        )
        return [
            {"start": rounded(each["start"]), "end": rounded(each["end"]), "tokens": each["tokens"], "seek": each["seek"]}
            for each in result["segments"]
        ]

    json.dump(
        {
            "versions": {name: version(name) for name in ("openai-whisper", "torch", "numpy")} | {"python": platform.python_version()},
            "windows": windows,
            "languages": detected,
            "long": {"alone": transcribe(condition_on_previous_text=False), "conditioned": transcribe(condition_on_previous_text=True)},
        },
        stdout,
    )


main()
