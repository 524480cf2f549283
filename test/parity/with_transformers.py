"""What Hugging Face's transformers makes of the embedded model and its samples, as JSON on standard output.

Features are those of its own WhisperFeatureExtractor, rules those of generation_config.json: the same that the server reads.
"""

import torch
from hugging_face import feature_extractor, load
from nano import FILES, LONG, MODEL, PROMPT, audio_of, language_of, rounded, versions, write
from transformers import WhisperTokenizer

torch.set_num_threads(1)
model = load()
rules = model.generation_config
extractor = feature_extractor()
prompt_ids = torch.from_numpy(WhisperTokenizer.from_pretrained(MODEL).get_prompt_ids(PROMPT))
NO_SPEECH = rules.no_timestamps_token_id - 1


def extract(file, **options):
    return extractor(audio_of([{"file": file}]), sampling_rate=16_000, return_tensors="pt", return_attention_mask=True, **options)


inputs = {file: extract(file) for file in FILES}


def header(language, timestamps):
    ids = [rules.decoder_start_token_id, rules.lang_to_id[f"<|{language}|>"], rules.task_to_id["transcribe"]]
    return ids if timestamps else [*ids, rules.no_timestamps_token_id]


def window(file, timestamps, beam_size=1, prompted=False):
    language = language_of(file)
    out = model.generate(
        inputs[file].input_features,
        task="transcribe",
        language=language,
        return_timestamps=timestamps,
        num_beams=beam_size,
        early_stopping=beam_size > 1,
        renormalize_logits=True,
        max_new_tokens=224,
        return_dict_in_generate=True,
        output_scores=True,
        force_unique_generate_call=True,
        **({"prompt_ids": prompt_ids} if prompted else {}),
    )
    before = (prompt_ids.tolist() if prompted else []) + header(language, timestamps)
    ids = out.sequences[0].tolist()
    assert ids[: len(before)] == before, (ids, before)
    ids = ids[len(before) :]
    if beam_size > 1:
        avg_log_prob = out.sequences_scores[0]
    else:
        likelihoods = [scores[0].log_softmax(-1)[token] for scores, token in zip(out.scores, ids, strict=True)]
        avg_log_prob = sum(likelihoods) / len(likelihoods)
    ended = ids and ids[-1] == rules.eos_token_id
    return {
        "file": file,
        "language": language,
        "timestamps": timestamps,
        "beamSize": beam_size,
        "promptTokens": prompt_ids.tolist()[1:] if prompted else [],
        "tokens": ids[:-1] if ended else ids,
        "avgLogProb": rounded(avg_log_prob),
    }


@torch.no_grad()
def first_step(file):
    """Probabilities behind <|startoftranscript|>: of no speech, and of each language among the languages."""
    logits = model(inputs[file].input_features, decoder_input_ids=torch.tensor([[rules.decoder_start_token_id]])).logits[0, 0]
    among = torch.softmax(logits[list(rules.lang_to_id.values())], -1)
    return {
        "noSpeechProb": rounded(logits.softmax(-1)[NO_SPEECH]),
        "languages": {name.strip("<|>"): rounded(each) for name, each in zip(rules.lang_to_id, among, strict=True)},
    }


def token_times(file):
    """Start of each token of the greedy text with timestamps; cross-attentions of the decoding itself."""
    features = inputs[file]
    out = model.generate(
        features.input_features,
        attention_mask=features.attention_mask,
        task="transcribe",
        language=language_of(file),
        return_timestamps=True,
        return_token_timestamps=True,
        max_new_tokens=224,
    )
    return {"file": file, "tokens": out["sequences"][0].tolist(), "startS": [rounded(each) for each in out["token_timestamps"][0]]}


def long_form(conditioned, prompt=None):
    features = extract(LONG, truncation=False, padding="longest")
    out = model.generate(
        features.input_features,
        attention_mask=features.attention_mask,
        task="transcribe",
        language="en",
        return_timestamps=True,
        return_segments=True,
        condition_on_prev_tokens=conditioned,
        temperature=(0.0,),
        compression_ratio_threshold=2.4,
        logprob_threshold=-1.0,
        no_speech_threshold=0.6,
        **({"prompt_ids": prompt_ids, "prompt_condition_type": prompt} if prompt else {}),
    )
    return [
        {"start": rounded(each["start"]), "end": rounded(each["end"]), "tokens": each["tokens"].tolist()} for each in out["segments"][0]
    ]


def attempt(name, *arguments):
    try:
        return {"name": name, "segments": long_form(*arguments)}
    except Exception as error:  # what this version cannot do is a finding too
        return {"name": name, "error": f"{type(error).__name__}: {error}".splitlines()[0]}


def fixture():
    asked = [
        {"timestamps": False},
        {"timestamps": True},
        {"timestamps": False, "beam_size": 5},
        {"timestamps": True, "beam_size": 5},
        {"timestamps": False, "prompted": True},
        {"timestamps": True, "prompted": True},
    ]
    return {
        "versions": versions("transformers", "torch", "numpy", "tokenizers"),
        "windows": [window(file, **options) for options in asked for file in FILES],
        "firstSteps": {file: first_step(file) for file in FILES},
        "tokenTimes": [token_times(file) for file in FILES],
        "long": [
            attempt("alone", False),
            attempt("conditioned", True),
            attempt("prompted, first segment", False, "first-segment"),
            attempt("prompted, all segments", True, "all-segments"),
        ],
    }


if __name__ == "__main__":
    write(fixture())
