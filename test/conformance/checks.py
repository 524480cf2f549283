"""Checks that are told one a line, and counted."""

import time
import traceback
from collections.abc import Awaitable, Callable

Check = Callable[..., Awaitable[None]]


class Checks:
    """All of them run, whatever fails; what failed is said at the end."""

    def __init__(self) -> None:
        self._passed = 0
        self._failures: list[str] = []

    async def run(self, title: str, check: Callable[[], Awaitable[None]]) -> None:
        started = time.monotonic()
        try:
            await check()
        except Exception:
            self._failures.append(f"{title}\n{traceback.format_exc()}")
            verdict = "FAILED"
        else:
            self._passed += 1
            verdict = "ok"
        print(f"{verdict:6} {time.monotonic() - started:5.1f} s  {title}", flush=True)

    def close(self) -> int:
        """Tells the failures and the counts. Returns the exit code."""
        for failure in self._failures:
            print(f"\n--- {failure}")
        print(f"{self._passed} passed, {len(self._failures)} failed")
        return 1 if self._failures else 0
