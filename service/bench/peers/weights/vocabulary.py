"""Whisper's vocabulary, which comes with openai-whisper's package, in the files of the other formats."""

import base64
import json
from pathlib import Path

import whisper
from whisper.tokenizer import get_tokenizer

ASSETS = Path(whisper.__file__).parent / "assets"


def tokenizer(n_vocab):
    """openai-whisper's; large-v3 and later have one language more."""
    return get_tokenizer(True, num_languages=n_vocab - 51765 - 1, language="en", task="transcribe")


def text_tokens():
    """Bytes of every token of text, in the order of their ids."""
    lines = (ASSETS / "multilingual.tiktoken").read_text().split("\n")
    ranked = sorted((int(rank), base64.b64decode(token)) for token, rank in (line.split() for line in lines if line))
    return [token for _, token in ranked]


def generation_config(n_vocab):
    """What the published models' generation_config.json says."""
    tokens = tokenizer(n_vocab)
    languages = tokens.all_language_codes
    suppressed = [*tokens.non_speech_tokens, tokens.sot, tokens.translate, tokens.transcribe, tokens.sot_lm, tokens.sot_prev, tokens.no_speech]
    return {
        "begin_suppress_tokens": [220, tokens.eot],
        "bos_token_id": tokens.eot,
        "decoder_start_token_id": tokens.sot,
        "eos_token_id": tokens.eot,
        "pad_token_id": tokens.eot,
        "is_multilingual": True,
        "lang_to_id": {f"<|{code}|>": token for code, token in zip(languages, tokens.all_language_tokens, strict=True)},
        "task_to_id": {"transcribe": tokens.transcribe, "translate": tokens.translate},
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "no_timestamps_token_id": tokens.no_timestamps,
        "prev_sot_token_id": tokens.sot_prev,
        "return_timestamps": False,
        "suppress_tokens": sorted(set(suppressed)),
    }


def write_hugging_face(folder, n_vocab):
    """tokenizer.json and tokenizer_config.json."""
    letters = _byte_letters()
    spell = lambda token: "".join(letters[byte] for byte in token)  # noqa: E731
    tokens = text_tokens()
    ranks = {token: rank for rank, token in enumerate(tokens)}
    merges = [[spell(part) for part in _parts(token, ranks)] for token in tokens if len(token) > 1]
    special = tokenizer(n_vocab).special_tokens
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": id, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for name, id in sorted(special.items(), key=lambda item: item[1])
        ],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {spell(token): rank for token, rank in ranks.items()},
            "merges": merges,
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False))
    end = "<|endoftext|>"
    settings = {"tokenizer_class": "WhisperTokenizer", "bos_token": end, "eos_token": end, "unk_token": end, "pad_token": end, "model_max_length": 1024}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def _parts(token, ranks):
    """The two tokens that byte-pair encoding joins last into this one."""
    pieces = [bytes([byte]) for byte in token]
    while len(pieces) > 2:
        joined = [(ranks.get(a + b, ranks[token]), at) for at, (a, b) in enumerate(zip(pieces, pieces[1:]))]
        _, at = min(joined)
        pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
    return pieces


def _byte_letters():
    """GPT-2's printable letters for bytes."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in visible]
    return {byte: chr(byte) for byte in visible} | {byte: chr(0x100 + at) for at, byte in enumerate(others)}


