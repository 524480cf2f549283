"""What openai-whisper makes of the embedded model and its samples, as JSON on standard output.

Run by `npm run parity:refresh`. The weights and the vocabulary get into openai-whisper as the model's own training recipe
does it (service/models/whisper-nano/training/openai_check.py); decoding is openai-whisper's, unchanged.
"""

import json
import sys
from functools import cache

import torch
import whisper
import whisper.decoding
import whisper.timing
import whisper.transcribe
from nano import FILES, LONG, MODEL, PROMPT, TRAINING, audio_of, language_of, rounded, versions, write
from openai_check import load, tokenizer
from tokenizer import EOT, LANG, SOT, TRANSCRIBE
from whisper.audio import N_SAMPLES, log_mel_spectrogram, pad_or_trim

transcription = whisper.transcribe.__globals__  # whisper.transcribe is the function, not its module

torch.set_num_threads(1)
sys.stdout = sys.stderr
model = load(str(TRAINING / "model.pt"))
heads = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
for layer, head in json.loads((MODEL / "generation_config.json").read_text())["alignment_heads"]:
    heads[layer, head] = True
model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)

vocabulary = tokenizer(str(TRAINING / "merges.json"))
vocabulary.num_languages = len(LANG)


def speaking(language):
    vocabulary.language = language
    vocabulary.sot_sequence = (SOT, LANG[language], TRANSCRIBE)
    vocabulary.__dict__.pop("sot_sequence_including_notimestamps", None)
    return vocabulary


def get_tokenizer(*_, language=None, **__):
    return speaking(language or "en")


transcription["get_tokenizer"] = whisper.decoding.get_tokenizer = get_tokenizer

features = {file: log_mel_spectrogram(pad_or_trim(audio_of([{"file": file}]))) for file in FILES}


@cache
def decode(file, **options):
    language = language_of(file)
    speaking(language)
    asked = options | ({"prefix": list(options["prefix"])} if "prefix" in options else {})
    result = whisper.decode(
        model, features[file], whisper.DecodingOptions(language=language, temperature=0.0, fp16=False, suppress_tokens="", **asked)
    )
    return {
        "file": file,
        "language": language,
        "timestamps": not options.get("without_timestamps", False),
        "beamSize": options.get("beam_size", 1),
        "promptTokens": vocabulary.encode(options["prompt"]) if "prompt" in options else [],
        "tokens": result.tokens,
        "avgLogProb": rounded(result.avg_logprob),
        "noSpeechProb": rounded(result.no_speech_prob),
        "compressionRatio": rounded(result.compression_ratio),
    }


def windows():
    variants = [
        {"without_timestamps": True},
        {},
        {"without_timestamps": True, "beam_size": 5},
        {"beam_size": 5},
        {"without_timestamps": True, "prompt": PROMPT},
    ]
    return [decode(file, **options) for options in variants for file in FILES]


def further_options():
    """Options that few windows suffice for."""
    asked = []
    for file in ("en-01.wav", "en-06.wav", "es-01.wav", LONG):
        plain = [token for token in decode(file, without_timestamps=True)["tokens"] if token < EOT]
        prefix = tuple(plain[: len(plain) // 3])
        asked += [
            (file, {"without_timestamps": True, "prefix": prefix}),
            (file, {"without_timestamps": True, "prefix": prefix, "prompt": PROMPT}),
            (file, {"prefix": tuple(decode(file)["tokens"][:4])}),
            (file, {"without_timestamps": True, "sample_len": 5}),
            (file, {"without_timestamps": True, "beam_size": 3, "patience": 2.0}),
            (file, {"beam_size": 3, "length_penalty": 0.6}),
        ]
    return [
        decode(file, **options)
        | {
            "prefixTokens": list(options.get("prefix", [])),
            "maxNewTokens": options.get("sample_len"),
            "patience": options.get("patience"),
            "lengthPenalty": options.get("length_penalty"),
        }
        for file, options in asked
    ]


def languages():
    detected = {}
    for file in FILES:
        _, probabilities = model.detect_language(features[file], speaking("en"))
        detected[file] = {code: rounded(probability) for code, probability in probabilities.items()}
    return detected


def alignment(file):
    """Words before punctuation joins them, from the text that the window is decoded to with timestamps."""
    language = language_of(file)
    text = [token for token in decode(file)["tokens"] if token < EOT]
    frames = min(len(audio_of([{"file": file}])), N_SAMPLES) // whisper.audio.HOP_LENGTH
    words = whisper.timing.find_alignment(model, speaking(language), text, features[file], frames)
    return {
        "file": file,
        "language": language,
        "frames": frames,
        "textTokens": text,
        "words": [
            {
                "word": each.word,
                "tokens": each.tokens,
                "start": rounded(each.start, 4),
                "end": rounded(each.end, 4),
                "probability": rounded(each.probability, 4),
            }
            for each in words
        ],
    }


def transcribe(parts, language, **options):
    result = whisper.transcribe(
        model, audio_of(parts), temperature=0.0, suppress_tokens="", language=language, fp16=False, **options
    )
    return [
        {"seek": each["seek"], "start": rounded(each["start"], 4), "end": rounded(each["end"], 4), "tokens": each["tokens"]}
        | (
            {"words": [{k: v if k == "word" else rounded(v, 4) for k, v in word.items()} for word in each["words"]]}
            if options.get("word_timestamps")
            else {}
        )
        for each in result["segments"]
    ]


def transcripts():
    """transcribe() by name, on recipes of audio."""
    alone = {"condition_on_previous_text": False}
    words = {"word_timestamps": True}
    silent = {"hallucination_silence_threshold": 2.0}
    long = [{"file": LONG}]
    pause = [{"file": "en-08.wav"}, {"silence": 192_000}, {"file": "en-11.wav"}]
    asked = [("words", [{"file": file}], alone | words) for file in FILES if file != LONG]
    asked += [
        ("long, alone", long, alone),
        ("long, conditioned", long, {}),
        ("long, words, alone", long, alone | words),
        ("long, words, conditioned", long, words),
        ("long, words, alone, silence skipped", long, alone | words | silent),
        ("long, words, conditioned, silence skipped", long, words | silent),
        ("long, initial prompt", long, {"initial_prompt": PROMPT}),
        ("long, initial prompt, alone", long, alone | {"initial_prompt": PROMPT}),
        ("long, carried prompt", long, {"initial_prompt": PROMPT, "carry_initial_prompt": True}),
        ("long, carried prompt, alone", long, alone | {"initial_prompt": PROMPT, "carry_initial_prompt": True}),
        ("long, clips", long, {"clip_timestamps": "3.5,12,20,41.3,50"}),
    ]
    asked += [("silence between", pause, alone | words), ("silence between, silence skipped", pause, alone | words | silent)]
    return [
        {
            "name": name,
            "audio": parts,
            "language": language_of(parts[0].get("file")),
            "conditionOnPreviousText": options.get("condition_on_previous_text", True),
            "wordTimestamps": options.get("word_timestamps", False),
            "hallucinationSilenceThresholdS": options.get("hallucination_silence_threshold"),
            "promptTokens": vocabulary.encode(" " + options["initial_prompt"].strip()) if "initial_prompt" in options else [],
            "carryPrompt": options.get("carry_initial_prompt", False),
            "clipTimestamps": [float(each) for each in options["clip_timestamps"].split(",")] if "clip_timestamps" in options else [],
            "segments": transcribe(parts, language_of(parts[0].get("file")), **options),
        }
        for name, parts, options in asked
    ]


def log_mel(file, mel, whole):
    """A few bands, at the first frames, at some in a row and all along."""
    frames = mel.shape[1]
    at = sorted({round(step * (frames - 1) / 23) for step in range(24)} | {1, 2} | {frames // 30 + step for step in range(10)})
    bands = [0, 7, 19, 34, 52, 70, 79]
    return {
        "file": file,
        "of": "file" if whole else "window",
        "frames": frames,
        "bands": bands,
        "at": at,
        "values": [[rounded(mel[band, frame], 5) for frame in at] for band in bands],
    }


def log_mels():
    chosen = [log_mel(file, features[file], False) for file in ("en-01.wav", "de-01.wav", LONG, "noise.wav")]
    whole = log_mel_spectrogram(audio_of([{"file": LONG}]), padding=N_SAMPLES)
    return [*chosen, log_mel(LONG, whole, True)]


def fixture():
    return {
        "versions": versions("openai-whisper", "torch", "numpy", "tiktoken"),
        "windows": windows(),
        "options": further_options(),
        "languages": languages(),
        "transcripts": transcripts(),
        "alignments": [alignment(file) for file in FILES],
        "logMel": log_mels(),
    }


if __name__ == "__main__":
    write(fixture())
