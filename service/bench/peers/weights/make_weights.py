"""python make_weights.py FOLDER [SOURCE]: one model's weights in the format of every engine of the benchmark.

Without SOURCE they are random, in Whisper tiny's shapes. SOURCE is a Hugging Face folder of a multilingual Whisper model.

FOLDER/model is in the layout that the server, transformers.js and transformers read; beside it are openai-whisper's, CTranslate2's,
sherpa-onnx's and whisper.cpp's files. Everything is written anew, and checked against transformers.
"""

import json
import shutil
import sys
from pathlib import Path

import ctranslate2.converters
import ggml_file
import published_layout
import sherpa_layout
import torch
import vocabulary
from check_graphs import check
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration
from whisper_weights import END_OF_TEXT, hugging_face_name, random_weights, weights_of

COPIED = ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"]


def main(folder, source=None):
    shutil.rmtree(folder, ignore_errors=True)
    model = folder / "model"
    model.mkdir(parents=True)
    weights = weights_of(source) if source else random_weights()
    write_hugging_face(model, weights)
    for name in COPIED if source else []:
        if (source / name).exists():
            shutil.copy(source / name, model)
    published_layout.write(model, weights)
    write_openai_whisper(folder / "openai-whisper", weights)
    write_ctranslate2(folder / "ctranslate2", model)
    sherpa_layout.write(folder / "sherpa-onnx", weights)
    ggml_file.write(folder / "whisper.cpp", weights)
    check(folder, weights.dimensions)


def write_hugging_face(folder, weights):
    d = weights.dimensions
    config = WhisperConfig(
        vocab_size=d.n_vocab,
        num_mel_bins=d.n_mels,
        d_model=d.n_audio_state,
        encoder_layers=d.n_audio_layer,
        encoder_attention_heads=d.n_audio_head,
        encoder_ffn_dim=4 * d.n_audio_state,
        decoder_layers=d.n_text_layer,
        decoder_attention_heads=d.n_text_head,
        decoder_ffn_dim=4 * d.n_text_state,
        max_source_positions=d.n_audio_ctx,
        max_target_positions=d.n_text_ctx,
        bos_token_id=END_OF_TEXT,
        eos_token_id=END_OF_TEXT,
        pad_token_id=END_OF_TEXT,
        decoder_start_token_id=END_OF_TEXT + 1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config)
    state = {hugging_face_name(name): torch.from_numpy(array) for name, array in weights.arrays.items()}
    state["proj_out.weight"] = state["model.decoder.embed_tokens.weight"]
    model.load_state_dict(state)
    model.save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(vocabulary.generation_config(d.n_vocab)))
    WhisperFeatureExtractor(feature_size=d.n_mels).save_pretrained(folder)
    vocabulary.write_hugging_face(folder, d.n_vocab)


def write_openai_whisper(folder, weights):
    folder.mkdir()
    state = {name: torch.from_numpy(array) for name, array in weights.arrays.items()}
    torch.save({"dims": weights.dimensions.as_dict(), "model_state_dict": state}, folder / "model.pt")


def write_ctranslate2(folder, model):
    converter = ctranslate2.converters.TransformersConverter(str(model), copy_files=["tokenizer.json", "preprocessor_config.json"])
    converter.convert(str(folder), quantization="int8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
