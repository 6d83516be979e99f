"""Many random bodies for the public evaluation: each gets a judgement or a problem, never a 5xx.

Straight into the app, without a socket, so that the number is affordable. A tenth is random JSON, the others are
sound requests with one to four random changes: most faults sit one step beside what is right. Same seed, same bodies.
"""

import json
import random
from collections import Counter
from typing import Any

import pytest
from fastapi import FastAPI

from ilp_screening.rules.models import Evaluation
from ilp_shared.problems import ProblemDocument
from tests.hostile.conftest import Target

BODIES, ALL_BODIES, SEED = 10_000, 100_000, 20261122
"""As many as `make test` and as `make test-all` draw."""
NUMBERS: tuple[Any, ...] = (
    0, -0.0, 1, -1, 0.5, 10.4, 84.8, 631, 1e-320, 5e-324, 1e308, -1e308, 2**31, 2**53 + 1, 2**63, 2**64, 10**30,
    -(10**400), float("nan"), float("inf"), 29.999999999, 30, 60, 61, 228, 730, 731, 47482, 1560,
)  # fmt: skip
DATES = (
    "2024-03-01", "2025-11-22", "2024-02-29", "2023-02-29", "2024-02-30", "9999-12-31", "0001-01-01", "0000-00-00",
    "1899-12-31", "2024-3-1", "24-03-01", "2024-03-01T00:00", "10000-01-01", "-001-01-01", "2024-13-01",
    "２０２４-０３-０１",
)  # fmt: skip
TEXTS = (
    "", "male", "female", "MALE", "lying", "standing", "\x00", "\u202egnp.exe", "\u2066x\u2069", "\ud800",
    "\udfff\ud800", "💉" * 50, "a" * 5_000, "'; DROP TABLE screening; --", "{{7*7}}", "<script>", "%00",
    "\r\nX: y", "0x10", "NaN",
)  # fmt: skip
CODES = (
    "weight_kg", "length_height_cm", "height_posture", "head_circumference_cm", "muac_cm", "triceps_skinfold_mm",
    "subscapular_skinfold_mm", "bilateral_oedema", "sbp", "dbp", "cough", "cough_ge_2w", "fever", "fever_gt_2w",
    "weight_loss_or_no_gain_2mo", "listless", "weight_loss_or_appetite", "malaise", "night_sweats",
    "dyspnoea_without_chest_pain", "lymph_nodes", "close_contact_tb",
)  # fmt: skip


class Drawer:
    """Draws bodies from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def body(self) -> bytes:
        """One body: random JSON, or a sound request with a few changes; a few are damaged as text."""
        chance = self._random.random()
        document = self._any(0) if chance < 0.1 else self._changed()
        text = json.dumps(document).encode()
        if chance > 0.98:
            cut = self._random.randrange(len(text) + 1)
            text = text[:cut] + self._random.randbytes(self._random.randrange(4)) + text[cut + 1 :]
        return text

    def _changed(self) -> Any:
        subject: dict[str, Any] = {"sex": self._pick(("male", "female"))}
        document: dict[str, Any] = {"subject": subject, "observations": self._observations()}
        age = self._pick(("birth_date", "age_days", "age_months"))
        if age == "birth_date":
            subject[age], document["occurred_on"] = self._pick(DATES[:3]), "2025-11-22"
        else:
            subject[age] = self._random.uniform(0, 2_000)
        places = (document, subject, document["observations"])
        for _ in range(self._random.randrange(5)):
            self._change(self._pick(places))
        return document

    def _observations(self) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for code in self._random.sample(CODES, self._random.randrange(8)):
            if code == "height_posture":
                drawn[code] = self._pick(("lying", "standing"))
            elif code.endswith(("_kg", "_cm", "_mm", "bp")):
                drawn[code] = self._random.uniform(1, 200)
            else:
                drawn[code] = self._random.random() < 0.5
        return drawn

    def _change(self, place: dict[str, Any]) -> None:
        action = self._random.random()
        if action < 0.2 and place:
            del place[self._pick(tuple(place))]
        elif action < 0.4:
            place[self._pick((*CODES, *TEXTS, "birth_date", "age_days", "age_months", "sex"))] = self._any(2)
        elif place:
            place[self._pick(tuple(place))] = self._any(2)

    def _any(self, depth: int) -> Any:
        kind = self._random.randrange(8 if depth < 4 else 6)
        if kind == 6:
            return [self._any(depth + 1) for _ in range(self._random.randrange(4))]
        if kind == 7:
            return {self._pick((*TEXTS, *CODES)): self._any(depth + 1) for _ in range(self._random.randrange(4))}
        plain = (self._pick(NUMBERS), self._pick(DATES), self._pick(TEXTS), None, self._random.random() < 0.5)
        return plain[kind] if kind < 5 else self._random.uniform(-1e6, 1e6)

    def _pick(self, choices: tuple[Any, ...]) -> Any:
        return choices[self._random.randrange(len(choices))]


async def ask(app: FastAPI, body: bytes) -> tuple[int, str, bytes]:
    """Send one evaluation into the app; returns status, content type and body."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/v1/evaluations",
        "raw_path": b"/v1/evaluations", "query_string": b"", "root_path": "", "server": ("test", 80),
        "client": ("127.0.0.1", 1), "headers": [(b"content-type", b"application/json"), (b"host", b"test")],
        "state": {}, "asgi": {"version": "3.0"},
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    kind = dict(sent[0]["headers"])[b"content-type"].decode()
    return sent[0]["status"], kind, b"".join(message.get("body", b"") for message in sent[1:])


async def test_every_random_body_is_judged_or_refused(targets: dict[str, Target], thorough: bool) -> None:
    app, drawer = targets["screening"].reach.app, Drawer(SEED)
    answered: Counter[int] = Counter()
    for number in range(ALL_BODIES if thorough else BODIES):
        body = drawer.body()
        status, kind, answer = await ask(app, body)
        answered[status] += 1
        assert status in (200, 422), (number, status, body[:500])
        if status == 200:
            assert kind == "application/json"
            Evaluation.model_validate_json(answer)
        else:
            assert kind == "application/problem+json"
            problem = ProblemDocument.model_validate_json(answer)
            assert problem.errors, (number, body[:500])
            assert all(error.pointer == "" or error.pointer[0] == "/" for error in problem.errors)
    assert sum(answered.values()) == BODIES
    assert min(answered[200], answered[422]) > BODIES / 20, answered


@pytest.mark.parametrize("seed", range(2))
def test_the_same_seed_draws_the_same_bodies(seed: int) -> None:
    one, other = Drawer(seed), Drawer(seed)
    drawn = [one.body() for _ in range(200)]
    assert drawn == [other.body() for _ in range(200)]
    assert len(set(drawn)) > 150
    assert any(b"NaN" in body for body in drawn)
