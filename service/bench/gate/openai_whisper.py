"""Transcribes with openai-whisper, for the accuracy gate (openai-whisper.ts): python3 openai_whisper.py CHECKPOINT

Reads a line {"language": code or absent, "samples": count} and then so many float32 samples at 16 kHz, and answers with a line
{"text": transcript}, until its input ends. Windows do not depend on each other, as in the server.
"""

import json
import sys

import numpy as np
import whisper

model = whisper.load_model(sys.argv[1], device="cpu")
answers, sys.stdout = sys.stdout, sys.stderr
requests = sys.stdin.buffer
while line := requests.readline():
    request = json.loads(line)
    samples = np.frombuffer(requests.read(4 * request["samples"]), np.float32).copy()
    result = model.transcribe(samples, language=request.get("language"), condition_on_previous_text=False, fp16=False)
    print(json.dumps({"text": result["text"]}), file=answers, flush=True)
