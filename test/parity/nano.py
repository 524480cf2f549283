"""The embedded model's samples, and what every witness is asked about them."""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

MODEL = Path(__file__).resolve().parents[2] / "service/models/whisper-nano"
TRAINING = MODEL / "training"
sys.path.insert(0, str(TRAINING))

from seq import read  # noqa: E402

FILES = sorted(path.name for path in (MODEL / "samples").glob("*.wav"))
LONG = "long-en.wav"
PROMPT = " I want to pay four hundred dollars."


def language_of(file):
    return {"es-01.wav": "es", "de-01.wav": "de"}.get(file, "en")


def audio_of(parts):
    """Samples of a recipe, which test/parity/recipe.ts reads the same way: {"file"}, {"silence"} or {"noise", "seed", "shift"}."""
    return np.concatenate([_part(**part) for part in parts])


def _part(file=None, silence=0, noise=0, seed=0, shift=0):
    if file is not None:
        return read(MODEL / "samples" / file).copy()
    if silence:
        return np.zeros(silence, np.float32)
    samples = np.empty(noise, np.float32)
    for index in range(noise):
        # Numerical Recipes' generator; its upper 16 bits, made quieter by a shift, so that every language gets the same.
        seed = (1664525 * seed + 1013904223) & 0xFFFFFFFF
        samples[index] = (((seed >> 16) - 32768) >> shift) / 32768
    return samples


def rounded(number, digits=6):
    return round(float(number), digits)


def versions(*packages):
    return {name: version(name) for name in packages} | {"python": platform.python_version()}


def write(fixture):
    """Prints the fixture, whatever the libraries made of standard output."""
    json.dump(fixture, sys.__stdout__, ensure_ascii=False)
