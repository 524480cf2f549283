"""python driver.py PEER OPTIONS: runs one peer for the benchmark, a line of JSON a message (driver-protocol.ts).

PEER is a file with_PEER.py here, OPTIONS a JSON object (`DriverOptions`). Its class Peer has
- `about`: versions and settings, in words
- `decode(batch, tokens)`: decodes the windows of a batch to exactly so many tokens each, and returns how many it decoded of each
- `largest_batch`: windows that it decodes at once
"""

import importlib
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path

# Libraries write what they like to standard output; the protocol has it for itself.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
writing = threading.Lock()


def answer(message):
    with writing:
        answers.write(json.dumps(message) + "\n")


class Audio:
    """Recordings by name, each read when it is first asked for."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.read = {}

    def __getitem__(self, name):
        import numpy

        if name not in self.read:
            self.read[name] = numpy.fromfile(self.folder / f"{name}.f32", numpy.float32)
        return self.read[name]


def work(peer, audio, requests):
    """Takes what waits, as much at a time as the peer can decode at once, of one length of text."""
    while True:
        batch = [requests.get()]
        while len(batch) < peer.largest_batch:
            try:
                batch.append(requests.get_nowait())
            except queue.Empty:
                break
        try:
            started = time.perf_counter()
            tokens = peer.decode([audio[each["audio"]] for each in batch], batch[0]["tokens"])
            ms = (time.perf_counter() - started) * 1000
            for request, count in zip(batch, tokens, strict=True):
                answer({"id": request["id"], "ms": ms, "tokens": count})
        except Exception as error:
            for request in batch:
                answer({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


def main(name, options):
    peer = importlib.import_module(f"with_{name}").Peer(options)
    audio = Audio(options["audioFolder"])
    requests = queue.SimpleQueue()
    for _ in range(options.get("workers", 1)):
        threading.Thread(target=work, args=(peer, audio, requests), daemon=True).start()
    answer({"ready": peer.about})
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "ping":
            answer({"id": request["id"]})
        else:
            requests.put(request)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
    # Threads of the libraries may still work; nobody waits for them.
    os._exit(0)
