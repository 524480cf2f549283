"""A server that is really full: long recordings that are in, until they are let go."""

import os
import re
import socket
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

PATIENCE_S = 10
RECORDING = Path(os.environ["STT_SAMPLES"]) / "long-en.wav"


class FullQueue:
    """Sends recordings with one API key until the next one is refused; leaving the block hangs up on all of them."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._address = urlsplit(url)
        self._key = key
        self._uploads: list[socket.socket] = []

    def __enter__(self) -> "FullQueue":
        while self._send_recording():
            pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Ends the uploads, and waits until the server has noticed: there is room then."""
        for upload in self._uploads:
            upload.shutdown(socket.SHUT_WR)
        for upload in self._uploads:
            while upload.recv(4096):
                pass
            upload.close()
        self._uploads.clear()

    def _send_recording(self) -> bool:
        """Whether the server asks for the body: what it has no room for, it refuses by the head."""
        body = (
            b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
            + RECORDING.read_bytes()
            + b"\r\n--x--\r\n"
        )
        upload = socket.create_connection((self._address.hostname, self._address.port), PATIENCE_S)
        upload.sendall(
            b"POST /v1/audio/transcriptions HTTP/1.1\r\n"
            b"host: stt.test\r\n"
            b"authorization: Bearer " + self._key.encode() + b"\r\n"
            b"content-type: multipart/form-data; boundary=x\r\n"
            b"content-length: " + str(len(body)).encode() + b"\r\n"
            b"expect: 100-continue\r\n\r\n"
        )
        answer = upload.recv(4096).split(b"\r\n", 1)[0]
        if answer == b"HTTP/1.1 100 Continue":
            self._uploads.append(upload)
            upload.sendall(body)
            self._wait_until_in(len(self._uploads))
            return True
        upload.close()
        if answer.split(b" ")[1] in (b"429", b"503"):
            return False
        raise AssertionError(f"the head of an upload got {answer!r}")

    def _wait_until_in(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with urllib.request.urlopen(f"{self._url}/metrics", timeout=PATIENCE_S) as response:
                if re.search(rf"^stt_requests_in_flight {count}$", response.read().decode(), re.MULTILINE):
                    return
            time.sleep(0.01)
        raise AssertionError(f"waited in vain for {count} requests in flight")
