"""whisper.cpp through pywhispercpp, compiled for this processor: q8_0, greedy, without timestamps."""

import re
from importlib.metadata import version

import _pywhispercpp
from pywhispercpp.model import Model

WINDOW_SAMPLES = 480_000


class Peer:
    largest_batch = 1

    def __init__(self, options):
        stated = {} if options.get("asItComes") else {"n_threads": options["threads"]}
        # whisper-cli and whisper-server search with 5 beams unless told otherwise; the library's own default is greedy.
        self.model = Model(
            options["model"],
            redirect_whispercpp_logs_to=None,
            context_params={"use_gpu": False},
            language="en",
            no_timestamps=True,
            single_segment=True,
            print_progress=False,
            print_realtime=False,
            temperature=0.0,
            # Random text is unlikely text; no engine here is to try again.
            temperature_inc=0.0,
            no_context=True,
            **stated,
        )
        features = re.findall(r"(\w+) = 1", _pywhispercpp.whisper_print_system_info())
        self.about = f"pywhispercpp {version('pywhispercpp')} (whisper.cpp), q8_0, compiled with {' '.join(features)}"

    def decode(self, batch, tokens):
        return [self._decode(samples, tokens) for samples in batch]

    def _decode(self, samples, tokens):
        # It stops behind the token of this index.
        self.model.transcribe(samples[:WINDOW_SAMPLES], max_tokens=tokens - 1)
        context = self.model._ctx
        segments = _pywhispercpp.whisper_full_n_segments(context)
        return sum(_pywhispercpp.whisper_full_n_tokens(context, segment) for segment in range(segments))
