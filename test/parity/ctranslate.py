"""The embedded model in CTranslate2's format, in 32 bits."""

import shutil
import tempfile
from pathlib import Path

import ctranslate2.converters
from hugging_face import load
from nano import MODEL


def convert(folder):
    """Writes `folder`/ctranslate2; its converter reads a folder of transformers'."""
    source, target = Path(folder) / "transformers", Path(folder) / "ctranslate2"
    load().save_pretrained(source)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "preprocessor_config.json"):
        shutil.copy(MODEL / name, source)
    converter = ctranslate2.converters.TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"])
    converter.convert(str(target), quantization="float32")
    return str(target)


if __name__ == "__main__":
    print(convert(tempfile.mkdtemp()))
