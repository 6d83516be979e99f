"""A live screen of the situation page, as a client of the front door: follows the stream and folds it, like a browser.

Comes back with `Last-Event-ID` whenever the connection ends or is silent for too long, and loads the snapshot when it
the stream says so. Whatever it showed at a sequence must be what the snapshot of that sequence shows.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from ilp_shared.areas import level_of
from tests.support.plain_http import plain_client
from tests.support.platform import Platform
from tests.support.waiting import eventually

SILENCE_S = 6.0
"""The page waits three times the server's heartbeat (15 s); here something changes all the time."""
PAUSE_S = 0.2
_NAMED = 5
"""How many differences a failure names."""
Json = dict[str, Any]
Shown = dict[tuple[str, str], list[Any]]
"""By area and indicator: what the screen shows of the cell; by area and `units` or `completeness`: the posyandu."""
_TOLD = ("numerator", "denominator", "denominators", "value", "state", "map_class", "previous", "year", "follow_ups")
_POSYANDU = {"completeness", "units"}


class Screen:
    """One reader of an area."""

    def __init__(self, address: str, headers: dict[str, str], area: str) -> None:
        self.shown: Shown = {}
        self.reloaded = self.resumed = self.lost = 0
        """How often a snapshot was loaded, a stream went on after the event seen last, a connection was given up."""
        self.sequence = -1
        self._shown_at: dict[int, Shown] = {}
        self._client = plain_client(address, headers=headers, timeout=SILENCE_S)
        self._path = f"/monitoring/v1/situations/{area}"

    async def follow(self) -> None:
        """Show the area until cancelled."""
        async with self._client:
            while True:
                try:
                    if self.sequence < 0:
                        await self._load()
                    await self._stream()
                except (httpx2.TransportError, _Refused):
                    self.lost += 1
                await asyncio.sleep(PAUSE_S)

    async def _load(self) -> None:
        answer = await self._client.get(self._path)
        if answer.status_code != 200:
            raise _Refused
        situation = answer.json()
        self.shown, self.sequence = shown_by(situation), situation["sequence"]
        self._shown_at[self.sequence] = self.shown
        self.reloaded += 1

    async def _stream(self) -> None:
        headers = {"Last-Event-ID": str(self.sequence)}
        async with self._client.stream("GET", self._path + "/stream", headers=headers) as answer:
            if answer.status_code != 200:
                raise _Refused
            resuming = True
            async for name, data in _events(answer.aiter_lines()):
                if name == "muat-ulang":
                    self.sequence = -1
                    return
                if name == "indicator":
                    self.resumed, resuming = self.resumed + resuming, False
                    self._fold(data)

    def _fold(self, patch: Json) -> None:
        assert patch["sequence"] >= self.sequence, "the stream went back"
        self.sequence = patch["sequence"]
        cells = {(row[0], row[1]): row[2:] for row in patch["cells"]}
        posyandu = {(row[0], name): row[1:] for name in _POSYANDU for row in patch[name]}
        self.shown = self._shown_at[self.sequence] = self.shown | cells | posyandu

    async def agrees(self) -> None:
        """Wait for a snapshot of a sequence that the screen has shown, newer than all so far; both must be equal.

        Above a regency the screen follows more of the regencies than the snapshot says, and nothing else.
        """
        newest = self.sequence

        async def same() -> tuple[Shown, Shown] | None:
            answer = await self._client.get(self._path)
            answer.raise_for_status()
            sequence = answer.json()["sequence"]
            known = self._shown_at.get(sequence)
            return (known, shown_by(answer.json())) if known is not None and sequence > newest else None

        compared = await eventually(same, within_s=90)
        assert compared is not None
        different = differences(*compared)
        assert not different, f"screen and snapshot differ in {len(different)} places: {different[:_NAMED]}"


def differences(known: Shown, snapshot: Shown) -> list[tuple[Any, ...]]:
    """Return each place in which a screen shows otherwise than a snapshot, with both values."""
    expected = snapshot | {place: value for place, value in known.items() if _is_followed(place, snapshot)}
    pairs = {place: (known.get(place), expected.get(place)) for place in known | expected}
    return [(place, *pair) for place, pair in pairs.items() if pair[0] != pair[1]]


def _is_followed(place: tuple[str, str], snapshot: Shown) -> bool:
    """Tell whether a screen may know a place that a snapshot does not name.

    These are regencies that the snapshot leaves out, and the completeness of those of which it has the units.
    """
    area, name = place
    hidden = name == "completeness" if (area, "units") in snapshot else all(area != named for named, _ in snapshot)
    return place not in snapshot and level_of(area) == "regency" and hidden


class _Refused(Exception):  # noqa: N818 - control flow, not an error
    """No stream and no snapshot now; the screen comes back."""


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Json]]:
    fields: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
            continue
        if "event" in fields:
            yield fields["event"], json.loads(fields["data"])
        fields = {}


def shown_by(situation: Json) -> Shown:
    """Return what a snapshot shows."""
    numbers: Shown = {}
    for area in (situation | situation["area"], *situation["children"], *situation["participants"]):
        for name in _POSYANDU & area.keys():  # a regency that takes part has no completeness beside its units
            numbers[area["code"], name] = list(area[name].values())
        for indicator in area["indicators"]:
            numbers[area["code"], indicator["code"]] = [indicator[name] for name in _TOLD]
    return numbers


@asynccontextmanager
async def watching(platform: Platform, area: str) -> AsyncIterator[Screen]:
    """Yield a screen that shows the area, and its changes already, until the context ends."""
    screen = Screen(str(platform.client.base_url), platform.headers("dinas", area), area)
    following = asyncio.create_task(screen.follow())

    async def follows() -> bool:
        if following.done():
            following.result()
        return screen.resumed > 0

    try:
        await eventually(follows, within_s=60)
        yield screen
        assert await follows()
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
