"""Sends commands like a patient phone: the same key again after every outcome that is not definite.

Not definite are a broken connection, a time-out, 429, 5xx, and what the platform itself calls worth a retry. A 5xx
that no client may be given is repeated too, and is in the ledger as a breakdown.
Everything is noted in the ledger.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2

from tests.faults.ledger import Answer, Command, Ledger

ATTEMPT_S = 12.0
"""Patience with one attempt, above the platform's own deadlines."""
PATIENCE_S = 240.0
"""Patience with one command; what is unknown after it stays unknown, and the oracle says so."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
Headers = Callable[[Command], dict[str, str]]


class Unsettled(Exception):  # noqa: N818 - an outcome, not a fault
    """The command has no definite answer although it was repeated for as long as we are patient."""


class RetryingClient:
    """A client of the front door that writes the ledger."""

    def __init__(self, client: httpx2.AsyncClient, ledger: Ledger, headers: Headers, rng: random.Random) -> None:
        self._client, self._ledger, self._headers, self._rng = client, ledger, headers, rng
        self.given_up = 0
        """Attempts that the sender itself ended, because no answer came in time."""
        self.may_enter = asyncio.Event()
        """Unset: the front door is closed to everyone; nothing is repeated, and patience does not run out."""
        self.may_enter.set()

    async def send(self, command: Command) -> Answer:
        """Carry out one command; repeats it until the answer is definite."""
        pause = self._pauses()
        while True:
            self._ledger.intend(command)
            received = await self.attempt(command)
            if received is not None:
                answer = read_answer(received)
                if answer is not None:
                    self._ledger.settle(command.key, answer)
                    return answer
            await pause()

    async def attempt(self, command: Command) -> httpx2.Response | None:
        """Send a command once, noting nothing; None when the connection failed."""
        headers = self._headers(command) | {"Idempotency-Key": command.key}
        return await self._request(command.method, command.path, command.body, headers)

    async def send_batch(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands of one route and area in batches, until each has its definite answer."""
        left = {command.key: command for command in commands}
        answers: dict[str, Answer] = {}
        pause = self._pauses()
        headers = self._headers(commands[0])
        while True:
            for command in left.values():
                self._ledger.intend(command)
            items = [{"idempotency_key": key, **command.body} for key, command in left.items()]
            received = await self._request("POST", commands[0].path + ":batch", {"items": items}, headers)
            self._judge_items(received)
            for key, answer in _read_batch(received).items():
                self._ledger.settle(key, answer)
                answers[key] = answer
                left.pop(key, None)
            if not left:
                return [answers[command.key] for command in commands]
            await pause()

    def _judge_items(self, received: httpx2.Response | None) -> None:
        for result in content_of(received).get("results", ()) if received is not None else ():
            if problem := result.get("problem"):
                retryable = bool(problem.get("retryable"))
                self._ledger.judge_status(problem["status"], "an item of a batch", retryable=retryable)

    async def _request(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx2.Response | None:
        try:
            async with asyncio.timeout(ATTEMPT_S):
                return await self._client.request(method, path, json=body, headers=headers)
        except httpx2.TransportError:
            return None
        except TimeoutError:
            self.given_up += 1
            return None

    def _pauses(self) -> Callable[[], Any]:
        """Growing pauses with jitter; the one after the last of our patience raises Unsettled."""
        deadline = time.monotonic() + PATIENCE_S
        length = FIRST_PAUSE_S

        async def pause() -> None:
            nonlocal length, deadline
            asked = time.monotonic()
            await self.may_enter.wait()
            deadline += time.monotonic() - asked
            if time.monotonic() > deadline:
                raise Unsettled
            await asyncio.sleep(length * (0.5 + self._rng.random()))
            length = min(length * 2, LONGEST_PAUSE_S)

        return pause


def read_answer(received: httpx2.Response) -> Answer | None:
    """Return the definite answer in a response; None when the command is to be sent again."""
    content = content_of(received)
    if received.is_success:
        replayed = received.headers.get("Idempotent-Replayed") == "true"
        version = content.get("version") if content else None
        return Answer(received.status_code, version, replayed) if content else None
    if received.status_code >= 500 or received.status_code == 429 or content.get("retryable"):
        return None
    return Answer(received.status_code, None)


def _read_batch(received: httpx2.Response | None) -> dict[str, Answer]:
    """Definite answers by key; empty when the whole batch is to be sent again."""
    if received is None or not received.is_success:
        return {}
    answers = {}
    for result in content_of(received).get("results", ()):
        if result["status"] in ("accepted", "duplicate"):
            answers[result["idempotency_key"]] = Answer(201, result["version"], result["status"] == "duplicate")
        elif not result["problem"].get("retryable") and result["problem"]["status"] < 500:
            answers[result["idempotency_key"]] = Answer(result["problem"]["status"], None)
    return answers


def content_of(received: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object in a response; empty when there is none."""
    try:
        content = received.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}
