"""What Schemathesis cannot learn from the document: what audio is, and which models and languages there are."""

import io
import os
import wave
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies

SAMPLE_RATE = 16_000


def silence(seconds: float) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(bytes(2 * int(SAMPLE_RATE * seconds)))
    return written.getvalue()


# Silence takes no time: most requests are about everything but what is said.
AUDIO = strategies.sampled_from([silence(0.3)] * 4 + [(Path(os.environ["STT_SAMPLES"]) / "de-01.wav").read_bytes()])

schemathesis.openapi.format("binary", AUDIO)
schemathesis.openapi.media_type("audio/*", AUDIO)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    for values in (case.body, case.query):
        if isinstance(values, dict):
            for name, value in values.items():
                values[name] = served(name, value)


def served(name: str, value: Any) -> Any:
    """A value that the server has, in place of one that the schema allows; what the schema forbids stays as it is."""
    if name in ("model", "language") and isinstance(value, str):
        return {"model": "whisper-1", "language": "en"}[name]
    if name == "languages" and isinstance(value, list):
        return ["en", "de"]
    # The audio has one channel.
    if name == "channel" and isinstance(value, int) and 0 <= value <= 255:
        return 0
    # A step may be 0, or of some size: a schema can say one or the other.
    if name == "temperature_inc" and isinstance(value, (int, float)) and 0 < value < 0.05:
        return 0.05
    return value
