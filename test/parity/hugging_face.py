"""The embedded model as transformers' WhisperForConditionalGeneration: its weights have that class's names already."""

import torch
import transformers
from nano import MODEL, TRAINING
from transformers import GenerationConfig, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

transformers.logging.set_verbosity_error()


def load():
    model = WhisperForConditionalGeneration(WhisperConfig.from_pretrained(MODEL, attn_implementation="eager"))
    weights = torch.load(TRAINING / "model.pt")
    model.load_state_dict(weights.get("model", weights))
    model.generation_config = GenerationConfig.from_pretrained(MODEL)
    # Language and task say the same; transformers warns of this older way.
    model.generation_config.forced_decoder_ids = model.config.forced_decoder_ids = None
    return model.eval()


def feature_extractor():
    return WhisperFeatureExtractor.from_pretrained(MODEL)
