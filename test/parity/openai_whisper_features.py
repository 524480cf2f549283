"""openai-whisper's log-mel features of the embedded model's samples, as JSON on standard output: some frames of each."""

import sys

from nano import FILES, audio_of, rounded, versions, write
from whisper.audio import log_mel_spectrogram, pad_or_trim

sys.stdout = sys.stderr
# The first frames, which mirror the signal; one of the speech; the last one.
FRAMES = [0, 1, 137, 2999]


def window(file):
    features = log_mel_spectrogram(pad_or_trim(audio_of([{"file": file}])))
    return {"file": file, "frames": FRAMES, "features": [[rounded(value, 5) for value in features[:, at]] for at in FRAMES]}


write({"versions": versions("openai-whisper", "torch"), "windows": [window(file) for file in FILES]})
