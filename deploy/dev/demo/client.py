"""The client of the demonstration: sends its steps through the front door, like a patient phone on a bad line.

A step that fails temporarily (no connection, 503, key in progress, person not yet known there) is sent again with the
same key, with growing pauses, for up to two minutes. Every outcome is counted.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2

from deploy.dev.demo.seeded import dice
from deploy.dev.demo.steps import Body, Sender, Step
from ilp_shared.auth.development import issue_token

PATIENCE_S = 120.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 4.0
TOKEN_S = 86_400
"""The longest life that services accept in the development profile."""
Json = Mapping[str, Any]


class UnreachableError(Exception):
    """The platform has not answered within the patience of this client."""


class RefusedError(Exception):
    """The platform refused a step for good; the text is status, problem type and service, never data."""

    def __init__(self, status: object, problem: str, service: str) -> None:
        super().__init__(f"{status} {problem} ({service})")
        self.problem = problem


def problem_type(document: Json) -> str:
    """Return the last part of a problem's type, e.g. `conflict`."""
    return str(document.get("type", "")).rpartition(":")[2] or "unknown"


def service_of(path: str) -> str:
    """Return the service behind a path, e.g. `screening`."""
    return path.split("/")[1]


class Client:
    """A client of the public API with development tokens."""

    def __init__(self, address: str, issuer: Path, connections: int = 16) -> None:
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx2.AsyncClient(base_url=address, timeout=30, limits=limits)
        self._issuer = issuer
        self._tokens: dict[Sender, str] = {}
        self.counts: Counter[str] = Counter()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ready(self, within_s: float = 30.0) -> None:
        """Wait until the front door says that every process is ready; raises UnreachableError."""
        patience = Patience("ready", within_s)
        while True:
            try:
                if (await self._http.get("/health")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await patience.wait()

    async def send(self, step: Step) -> None:
        """Carry out one step; raises RefusedError or UnreachableError."""
        if step.items:
            await self._send_batch(step)
            return
        answer = await self._until_settled("POST", step.path, step.sender, step.body, step.key)
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        self.counts["duplicate" if replayed else "accepted"] += 1

    async def _send_batch(self, step: Step) -> None:
        left: Sequence[Body] = step.items
        patience = Patience(step.path, PATIENCE_S)
        while True:
            answer = await self._until_settled("POST", step.path, step.sender, {"items": left}, None)
            results = answer.json()["results"]
            left = [item for item, result in zip(left, results, strict=True) if self._settle(step.path, result)]
            if not left:
                return
            self.counts["retry"] += 1
            await patience.wait()

    def _settle(self, path: str, result: Json) -> bool:
        """Count one result of a batch; tell whether its item is worth sending again."""
        if result["status"] in ("accepted", "duplicate"):
            self.counts[result["status"]] += 1
            return False
        problem = result.get("problem") or {}
        if not problem.get("retryable"):
            raise RefusedError(result["status"], problem_type(problem), service_of(path))
        return True

    async def items(self, path: str, sender: Sender, **query: str | int) -> AsyncIterator[Json]:
        """Return every row of a list, read page by page."""
        cursor: str | None = None
        while True:
            page = {**query, "limit": 500} | ({} if cursor is None else {"cursor": cursor})
            answer = await self._until_settled("GET", path, sender, None, None, page)
            content = answer.json()
            for row in content["items"]:
                yield row
            cursor = content.get("next")
            if cursor is None:
                return

    async def _until_settled(
        self,
        method: str,
        path: str,
        sender: Sender,
        body: Body | None,
        key: str | None,
        query: Mapping[str, str | int] | None = None,
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._token(sender)}"} | ({} if key is None else {"Idempotency-Key": key})
        patience = Patience(key or path, PATIENCE_S)
        while True:
            try:
                answer = await self._http.request(method, path, json=body, params=query, headers=headers)
            except httpx2.TransportError:
                pass
            else:
                if answer.is_success:
                    return answer
                if not _worth_a_retry(answer):
                    raise RefusedError(answer.status_code, problem_type(_document(answer)), service_of(path))
            self.counts["retry"] += 1
            await patience.wait()

    def _token(self, sender: Sender) -> str:
        if sender not in self._tokens:
            self._tokens[sender] = issue_token(self._issuer, role=sender.role, areas=[sender.area], lifetime_s=TOKEN_S)
        return self._tokens[sender]


class Patience:
    """Growing pauses with jitter until the time is up."""

    def __init__(self, name: str, seconds: float) -> None:
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._pause = FIRST_PAUSE_S
        self._chance = dice("pause", name)

    async def wait(self) -> None:
        """Pause; raises UnreachableError when the time is up."""
        if asyncio.get_running_loop().time() > self._deadline:
            raise UnreachableError
        await asyncio.sleep(self._pause * (0.5 + self._chance.random()))
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)


def _document(answer: httpx2.Response) -> Json:
    try:
        content = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def _worth_a_retry(answer: httpx2.Response) -> bool:
    return bool(_document(answer).get("retryable")) or answer.status_code in (429, 502, 503, 504)
