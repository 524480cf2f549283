"""OpenAI's Python SDK against a running server: its blocking and its asynchronous client, and the calls of agents.

    python openai_python.py

Environment: STT_URL, without a path; STT_KEY and STT_OTHER_KEY, two API keys of the server; STT_SAMPLES, the folder of
the embedded model's samples. The server is started as .ci/conformance.sh does.
"""

import asyncio
import inspect
import io
import json
import os
import re
import sys
import uuid
import wave
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import openai
from openai.types.audio import (
    Transcription,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)

from checks import Checks
from full_queue import FullQueue

URL = os.environ["STT_URL"]
KEY = os.environ["STT_KEY"]
OTHER_KEY = os.environ["STT_OTHER_KEY"]
SAMPLES = Path(os.environ["STT_SAMPLES"])

TEXTS = {row["file"]: row["text"] for row in json.loads((SAMPLES / "transcripts.json").read_text())}
SAMPLE = SAMPLES / "en-01.wav"
AUDIO = SAMPLE.read_bytes()
TEXT = TEXTS["en-01.wav"]
FILE = ("audio.wav", AUDIO, "audio/wav")
SAMPLE_RATE = 16_000



def waveform(file: str) -> bytes:
    with wave.open(str(SAMPLES / file)) as reader:
        return reader.readframes(reader.getnframes())


def silence(seconds: float) -> bytes:
    return bytes(2 * int(SAMPLE_RATE * seconds))


def wav(samples: bytes) -> tuple[str, bytes, str]:
    """Samples as agents send them."""
    written = io.BytesIO()
    with wave.open(written, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(samples)
    return ("audio.wav", written.getvalue(), "audio/wav")


TWO_SENTENCES = wav(waveform("en-01.wav") + silence(2.5) + waveform("en-02.wav"))
TWO_TEXTS = f"{TEXT} {TEXTS['en-02.wav']}"

Client = openai.OpenAI | openai.AsyncOpenAI


async def got(value: Any) -> Any:
    """What a call of either client returns."""
    return await value if inspect.isawaitable(value) else value


async def transcribe(client: Client, **options: Any) -> Any:
    return await got(client.audio.transcriptions.create(**{"file": FILE, "model": "whisper-1", **options}))


async def translate(client: Client, **options: Any) -> Any:
    return await got(client.audio.translations.create(**{"file": FILE, "model": "whisper-1", **options}))


async def retrieve(client: Client, model: str) -> Any:
    return await got(client.models.retrieve(model))


async def events(stream: Any) -> AsyncIterator[Any]:
    if hasattr(stream, "__aiter__"):
        async for event in stream:
            yield event
    else:
        for event in stream:
            yield event


async def error_of(kind: type[openai.APIStatusError], call: Any) -> openai.APIStatusError:
    """The error that a call raises, which is of this very class and has all that OpenAI's have."""
    try:
        answer = await call
    except openai.APIStatusError as error:
        assert type(error) is kind, repr(error)
        assert isinstance(error.body, dict) and error.body["message"] and error.type, error.body
        assert error.request_id and error.request_id.startswith("req_"), error.request_id
        return error
    raise AssertionError(f"no {kind.__name__}, but {answer!r}")


# What is asked for


async def json_by_default(client: Client) -> None:
    answer = await transcribe(client)
    assert type(answer) is Transcription
    assert answer.text == TEXT, answer
    assert answer.usage.type == "duration" and answer.usage.seconds == 5, answer.usage


async def plain_text(client: Client) -> None:
    answer = await transcribe(client, response_format="text")
    assert answer == f"{TEXT}\n", repr(answer)


async def subtitles(client: Client, response_format: str) -> None:
    answer = await transcribe(client, response_format=response_format)
    time = r"\d\d:\d\d:\d\d[.,]\d{3}" if response_format == "srt" else r"(?:\d\d:)?\d\d:\d\d\.\d{3}"
    head = r"1\n" if response_format == "srt" else r"WEBVTT\n\n"
    assert re.fullmatch(f"{head}{time} --> {time}\n{re.escape(TEXT)}\n\n", answer), repr(answer)


async def verbose_json(client: Client) -> None:
    answer = await transcribe(client, response_format="verbose_json")
    assert type(answer) is TranscriptionVerbose
    assert answer.text == TEXT and answer.language == "english", answer
    assert 4 < answer.duration < 5 and answer.words is None, answer
    [segment] = answer.segments
    assert segment.text == f" {TEXT}" and segment.id == 0 and segment.seek == 0, segment
    assert all(type(token) is int for token in segment.tokens), segment
    assert segment.avg_logprob < 0 <= segment.no_speech_prob <= 1, segment
    assert 0 <= segment.start < segment.end <= answer.duration, segment
    assert segment.compression_ratio > 0 and segment.temperature == 0, segment


async def times_of_words(client: Client) -> None:
    answer = await transcribe(client, response_format="verbose_json", timestamp_granularities=["word"])
    assert " ".join(word.word for word in answer.words) == TEXT, answer.words
    assert answer.segments is None, answer.segments
    answer = await transcribe(client, response_format="verbose_json", timestamp_granularities=["segment", "word"])
    assert len(answer.segments) == 1 and len(answer.words) == len(TEXT.split()), answer


async def logprobs(client: Client) -> None:
    answer = await transcribe(client, model="gpt-4o-transcribe", response_format="json", include=["logprobs"])
    assert b"".join(bytes(map(int, entry.bytes)) for entry in answer.logprobs).decode().strip() == TEXT, answer
    assert all(entry.logprob <= 0 and entry.token for entry in answer.logprobs), answer.logprobs


async def hints(client: Client) -> None:
    """Every parameter there is, in both shapes where it has two."""
    options = {
        "language": "en",
        "prompt": "Prices in dollars and cents.",
        "temperature": 0,
        "keywords": ["dollars", "cents"],
        "known_speaker_names": ["agent"],
    }
    for strategy in ("auto", None, {"type": "server_vad", "silence_duration_ms": 200, "threshold": 0.5}):
        answer = await transcribe(client, chunking_strategy=strategy, stream=False, **options)
        assert answer.text == TEXT, answer
    answer = await transcribe(client, model="gpt-transcribe", languages=["en", "es"])
    assert answer.text == TEXT, answer


async def kinds_of_files(client: Client) -> None:
    with SAMPLE.open("rb") as opened:
        for file in (AUDIO, SAMPLE, opened, io.BytesIO(AUDIO), ("blob", AUDIO), ("a.txt", AUDIO, "text/plain")):
            answer = await transcribe(client, file=file)
            assert answer.text == TEXT, (file, answer)


async def a_stream(client: Client) -> None:
    stream = await transcribe(client, file=TWO_SENTENCES, model="gpt-4o-mini-transcribe", stream=True)
    *deltas, done = [event async for event in events(stream)]
    assert type(done) is TranscriptionTextDoneEvent, done
    assert len(deltas) == 2 and all(type(event) is TranscriptionTextDeltaEvent for event in deltas), deltas
    assert "".join(event.delta for event in deltas) == done.text == TWO_TEXTS, done
    usage = done.usage
    assert usage.type == "tokens" and usage.total_tokens == usage.input_tokens + usage.output_tokens > 0, usage


async def a_stream_of_silence(client: Client) -> None:
    stream = await transcribe(client, file=SAMPLES / "silence.wav", stream=True)
    [done] = [event async for event in events(stream)]
    assert done.type == "transcript.text.done" and done.text == "", done


async def a_stream_that_is_left(client: Client) -> None:
    stream = await transcribe(client, file=TWO_SENTENCES, stream=True)
    async for event in events(stream):
        assert event.type == "transcript.text.delta", event
        break
    await got(stream.close())
    assert (await transcribe(client)).text == TEXT


async def translations(client: Client) -> None:
    answer = await translate(client)
    assert type(answer) is Translation and answer.text, answer
    answer = await translate(client, response_format="verbose_json", prompt="Prices.", temperature=0)
    assert type(answer) is TranslationVerbose and answer.language == "english", answer
    assert answer.text == "".join(segment.text for segment in answer.segments).strip(), answer
    answer = await translate(client, response_format="text")
    assert isinstance(answer, str) and answer.endswith("\n"), repr(answer)
    answer = await translate(client, response_format="srt")
    assert answer.startswith("1\n00:00:0"), repr(answer)
    answer = await translate(client, response_format="vtt")
    assert answer.startswith("WEBVTT\n\n00:"), repr(answer)


async def models(client: Client) -> None:
    page = await got(client.models.list())
    assert [model.id for model in page.data] == ["nano"], page
    assert (await retrieve(client, "gpt-4o-transcribe")).id == "nano"
    error = await error_of(openai.NotFoundError, retrieve(client, "whisper-2"))
    assert error.code == "model_not_found" and error.param == "model", error.body


async def raw_answers(client: Client) -> None:
    raw = await got(client.audio.transcriptions.with_raw_response.create(file=FILE, model="whisper-1"))
    assert raw.headers["openai-processing-ms"].isdecimal() and raw.request_id.startswith("req_"), raw.headers
    assert (await got(raw.parse())).text == TEXT


async def one_key_one_result(client: Client) -> None:
    header = {"Idempotency-Key": str(uuid.uuid4())}
    first = await transcribe(client, extra_headers=header)
    assert await transcribe(client, extra_headers=header) == first
    other = transcribe(client, file=SAMPLES / "en-02.wav", extra_headers=header)
    error = await error_of(openai.UnprocessableEntityError, other)
    assert error.code == "idempotency_key_reused", error.body


# What goes wrong


async def no_audio(client: Client) -> None:
    error = await error_of(openai.BadRequestError, transcribe(client, file=("a.wav", b"no audio")))
    assert (error.status_code, error.code, error.param) == (400, "unsupported_format", "file"), error.body


async def bad_values(client: Client) -> None:
    for option in ({"temperature": 2}, {"response_format": "pdf"}, {"timestamp_granularities": ["letter"]}):
        [name] = option
        error = await error_of(openai.BadRequestError, transcribe(client, **option))
        assert (error.code, error.param) == ("invalid_value", name), error.body
    error = await error_of(openai.BadRequestError, transcribe(client, language="klingon"))
    assert error.code == "unsupported_language", error.body


async def an_unknown_model(client: Client) -> None:
    error = await error_of(openai.NotFoundError, transcribe(client, model="whisper-2"))
    assert error.code == "model_not_found" and error.param == "model", error.body


async def a_wrong_key(client: Client) -> None:
    stranger = client.with_options(api_key="sk-unknown")
    error = await error_of(openai.AuthenticationError, transcribe(stranger))
    assert error.code == "invalid_api_key", error.body


async def too_much(client: Client) -> None:
    error = await error_of(openai.APIStatusError, transcribe(client, file=("a.wav", AUDIO + bytes(5_000_000))))
    assert (error.status_code, error.code) == (413, "body_too_large"), error.body


async def an_impatient_client(client: Client) -> None:
    """The SDK tells the server how long it waits; whichever of them ends it, it is over, and the server goes on."""
    try:
        answer = await transcribe(client.with_options(timeout=0.05), file=SAMPLES / "long-en.wav")
    except openai.APITimeoutError:
        pass
    except openai.InternalServerError as error:
        assert (error.status_code, error.code) == (504, "request_timeout"), error.body
        assert error.response.headers["x-should-retry"] == "false", error.response.headers
    else:
        raise AssertionError(f"a minute of audio in 50 ms: {answer!r}")
    assert (await transcribe(client)).text == TEXT


async def no_room(client: Client) -> None:
    """The one who has filled the queue is told to slow down, all others that the server is full."""
    with FullQueue(URL, OTHER_KEY):
        busy = await error_of(openai.RateLimitError, transcribe(client.with_options(api_key=OTHER_KEY)))
        full = await error_of(openai.InternalServerError, transcribe(client))
    for error, status, code in ((busy, 429, "rate_limit_exceeded"), (full, 503, "overloaded")):
        assert (error.status_code, error.code) == (status, code), error.body
        assert 0 < int(error.response.headers["retry-after-ms"]) <= 5000, error.response.headers


async def room_at_the_second_try(make: Callable[..., Client], key: str, status: int) -> None:
    """The SDK's own retries, with nothing set: what was refused is served as soon as there is room."""
    statuses: list[int] = []
    with FullQueue(URL, OTHER_KEY) as queue:

        def seen(response: httpx2.Response) -> None:
            statuses.append(response.status_code)
            queue.let_go()

        answer = await transcribe(make(seen, api_key=key, max_retries=2))
    assert answer.text == TEXT, answer
    assert statuses == [status, 200], statuses


# What agents send


async def pipecat(client: Client) -> None:
    """OpenAISTTService._transcribe of pipecat-ai 1.14.0, with include_prob_metrics; segments end with silence."""
    file = wav(waveform("en-01.wav") + silence(0.5))
    answer = await transcribe(client, file=file, model="whisper-1", language="en", response_format="verbose_json")
    assert answer.text.strip() == TEXT and answer.segments[0].avg_logprob < 0, answer
    answer = await transcribe(
        client, file=file, model="gpt-transcribe", language="en", response_format="json", include=["logprobs"]
    )
    assert answer.text.strip() == TEXT and answer.logprobs[0].logprob <= 0, answer
    answer = await transcribe(
        client, file=file, model="gpt-transcribe", language="en", prompt="Prices.", temperature=0.0, keywords=["cents"]
    )
    assert answer.text.strip() == TEXT, answer
    answer = await transcribe(client, file=wav(silence(0.6)), model="gpt-transcribe")
    assert answer.text == "", answer


async def livekit(make: Callable[..., Client]) -> None:
    """STT._recognize_impl of livekit-plugins-openai 1.8.9: its client, its models, its parameters."""
    client = make(api_key=KEY, max_retries=0)
    call = partial(
        transcribe, client, file=("file.wav", AUDIO, "audio/wav"), timeout=httpx2.Timeout(30, connect=10)
    )
    answer = await call(model="whisper-1", language="en", response_format="verbose_json")
    assert isinstance(answer, TranscriptionVerbose) and answer.text == TEXT and answer.language, answer
    answer = await call(model="gpt-4o-mini-transcribe", language="en", prompt="Prices.", response_format="json")
    assert isinstance(answer, Transcription) and answer.text == TEXT, answer
    answer = await call(
        model="gpt-transcribe", languages=["en", "de"], keywords=["cents"], response_format="json", temperature=0.0
    )
    assert answer.text == TEXT, answer


# Which client


def blocking(seen: Callable[[httpx2.Response], None] | None = None, **options: Any) -> openai.OpenAI:
    hooks = {"response": [seen]} if seen else {}
    http_client = openai.DefaultHttpxClient(event_hooks=hooks)
    return openai.OpenAI(base_url=f"{URL}/v1", http_client=http_client, **options)


def asynchronous(seen: Callable[[httpx2.Response], None] | None = None, **options: Any) -> openai.AsyncOpenAI:
    async def hook(response: httpx2.Response) -> None:
        if seen:
            seen(response)

    http_client = openai.DefaultAsyncHttpxClient(event_hooks={"response": [hook]})
    return openai.AsyncOpenAI(base_url=f"{URL}/v1", http_client=http_client, **options)


async def main() -> int:
    checks = Checks()
    for name, make in (("OpenAI", blocking), ("AsyncOpenAI", asynchronous)):
        client = make(api_key=KEY, max_retries=0)
        for check in (
            json_by_default,
            plain_text,
            verbose_json,
            times_of_words,
            logprobs,
            hints,
            kinds_of_files,
            a_stream,
            a_stream_of_silence,
            a_stream_that_is_left,
            translations,
            models,
            raw_answers,
            one_key_one_result,
            no_audio,
            bad_values,
            an_unknown_model,
            a_wrong_key,
            too_much,
            an_impatient_client,
            no_room,
            pipecat,
        ):
            await checks.run(f"{name}: {check.__name__.replace('_', ' ')}", partial(check, client))
        for response_format in ("srt", "vtt"):
            await checks.run(f"{name}: {response_format}", partial(subtitles, client, response_format))
        for key, status in ((OTHER_KEY, 429), (KEY, 503)):
            title = f"{name}: room at the second try after a {status}"
            await checks.run(title, partial(room_at_the_second_try, make, key, status))
        await checks.run(f"{name}: livekit", partial(livekit, make))
    return checks.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
