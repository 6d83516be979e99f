"""Keys of NIK, KK and telephone numbers are changed beside running APIs of old and new settings.

Nothing is registered twice, nothing is missed, versions and events stay; a run that is killed is run again.
"""

import asyncio
import json
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ilp_registry.service import SERVICE
from ilp_shared.db.locks import KEY_CHANGE
from ilp_shared.ids import new_id
from ilp_shared.operations.maintenance import NotNow
from tests.service.registry.conftest import key, person
from tests.service.registry.key_places import CHANGED, HOME, NEW, OLD, READABLE, STEPS, Process, new_nik, processes
from tests.support.api import Issuer
from tests.support.commands import NO_KAFKA, run_command
from tests.support.databases import Databases

CARD = "1376010101220041"
LEFT = """
SELECT (SELECT count(*) FROM person WHERE nik_index IS NOT NULL OR nik_key_id <> '2' OR phone_key_id <> '2')
     + (SELECT count(*) FROM household WHERE kk_index IS NOT NULL OR kk_key_id <> '2')
"""


@pytest_asyncio.fixture(loop_scope="session")
async def apis(databases: Databases, issuer: Issuer) -> AsyncIterator[list[Process]]:
    """Yield a registry of its own, with an API for each step of the change."""
    async with processes(await databases.create(SERVICE), issuer, STEPS) as opened:
        yield opened


def as_environment(monkeypatch: pytest.MonkeyPatch, keys: object) -> None:
    """Give keys to the commands that this test runs."""
    assert isinstance(keys, dict)
    for name, value in keys.items():
        monkeypatch.setenv(f"ILP_REGISTRY_{name.upper()}", value if isinstance(value, str) else json.dumps(value))


async def batch(process: Process, number: int) -> dict[str, str]:
    """Register many persons with NIK and telephone number; returns NIK by id."""
    forms = [person(home_area=HOME, nik=new_nik(), phone="+6281234567890") for _ in range(number)]
    items = [{**form, "idempotency_key": str(new_id())} for form in forms]
    answer = await process.post("/v1/persons:batch", {"items": items})
    results = answer.json()["results"]
    assert {each["status"] for each in results} == {"accepted"}
    return {each["id"]: str(form["nik"]) for each, form in zip(results, forms, strict=True)}


async def work(doors: tuple[Process, Process], corrected: list[str]) -> dict[str, str]:
    """Correct persons, and register one for each by the same process; returns the new ones, NIK by id."""
    added = {}
    for at, person_id in enumerate(corrected):
        process, nik = doors[at % 2], new_nik()
        assert (await process.correct(person_id, 1)).status_code == 200
        made = await process.register(nik, household={"kk": CARD}, phone="+628111111111")
        added[made.json()["id"]] = nik
    return added


async def versions(process: Process) -> dict[str, int]:
    """Return the version of each person, and prove that the newest event of each has it."""
    rows = await process.api.rows("SELECT id::text, version FROM person")
    events = await process.api.rows(
        "SELECT aggregate_id::text, max(aggregate_version) AS version, count(*) AS number FROM event_log"
        " WHERE type LIKE '%person%' GROUP BY aggregate_id"
    )
    assert {row[0]: row[1] for row in events} == {row[0]: row[1] for row in rows}
    assert all(row["version"] == row["number"] for row in events)
    return {row[0]: row[1] for row in rows}


async def test_a_rotation_that_is_killed_is_finished_beside_registrations_and_corrections(
    apis: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, readable, changed, new = apis
    people = await batch(old, 450)
    corrected = list(people)[::90]
    as_environment(monkeypatch, CHANGED)
    urls = readable.api.urls

    code, _ = await run_command(SERVICE, urls, "rotate-keys", failpoint="key_rotation.after_commit:kill:3")
    assert code != 0
    encrypted = await changed.api.rows("SELECT nik_key_id, count(*) FROM person GROUP BY 1 ORDER BY 1")
    assert [row[0] for row in encrypted] == ["1", "2"]

    working = work((readable, changed), corrected)
    (code, said), added = await asyncio.gather(run_command(SERVICE, urls, "rotate-keys"), working)
    people |= added
    if code:  # what an API of the step before has written since is left for another run
        code, said = await run_command(SERVICE, urls, "rotate-keys")
    assert (code, said.splitlines()[1:]) == (
        0,
        [
            "masih dengan kunci lama / still with old keys: 0",
            "tempat kunci indeks / places of index keys: 1 leaving, 2 required",
        ],
    )
    assert await versions(new) == {each: 2 if each in corrected else 1 for each in people}
    assert await new.misfits() == set()
    assert (await new.rotate()).states == {"1": "empty", "2": "required"}
    for person_id in [*corrected, *list(people)[-6:]]:
        assert await new.revealed(person_id) == people[person_id]
        assert await new.persons_with(people[person_id]) == [person_id]
        read = await new.api.get(f"/v1/persons/{person_id}", area=HOME)
        assert read.json()["phone"].startswith("+6281")
    assert (await new.api.rows(LEFT))[0][0] == 0
    again = await new.register(None, household={"kk": CARD})
    made = await new.api.rows("SELECT count(*) FROM household")
    assert (again.status_code, made[0][0]) == (201, 1)


async def test_a_place_is_required_only_when_every_row_has_its_digest(apis: list[Process]) -> None:
    old, readable, changed, new = apis
    nik = new_nik()
    person_id = (await old.register(nik)).json()["id"]
    assert await new.misfits() == {"ILP_REGISTRY_NIK_RETIRED_KEYS", "ILP_REGISTRY_NIK_INDEX_KEY"}
    async with old.api.database.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT set_config('ilp.areas', 'id', true)")
        await conn.execute("SELECT FROM person WHERE id = $1::uuid FOR UPDATE", person_id)
        cut_short = await readable.rotate()
        assert (cut_short.held, cut_short.is_complete) == (1, False)
        assert cut_short.states == {"1": "required", "2": "filling"}
    assert (await readable.rotate()).is_complete
    assert await changed.persons_with(nik) == [person_id]


async def test_one_nik_at_once_through_apis_of_all_settings_is_one_person(apis: list[Process]) -> None:
    old, readable, changed, _ = apis
    await batch(old, 30)

    async def compete() -> None:
        for _ in range(12):
            nik = new_nik()
            answers = await asyncio.gather(*(each.register(nik) for each in (old, readable, changed, readable)))
            codes = sorted(answer.status_code for answer in answers)
            assert codes.count(201) == 1, codes
            assert set(codes) <= {201, 409, 503}

    rotating, competing = asyncio.create_task(changed.rotate()), asyncio.create_task(compete())
    await asyncio.gather(rotating, competing)
    again = await changed.rotate()
    assert (again.is_complete, again.states) == (True, {"1": "leaving", "2": "required"})
    rows = await changed.api.rows("SELECT count(*), count(DISTINCT nik_index_2) FROM person")
    assert tuple(rows[0]) == (42, 42)


@pytest.mark.thorough
@pytest.mark.parametrize("hit", range(1, 9))
async def test_a_run_may_be_killed_after_any_of_its_commits(
    apis: list[Process], monkeypatch: pytest.MonkeyPatch, hit: int
) -> None:
    old, readable, changed, new = apis
    nik = new_nik()
    person_id = (await old.register(nik, household={"kk": CARD})).json()["id"]
    as_environment(monkeypatch, CHANGED)
    code, _ = await run_command(SERVICE, old.api.urls, "rotate-keys", failpoint=f"key_rotation.after_commit:kill:{hit}")
    assert code == -signal.SIGKILL
    for process in (readable, changed):
        assert await process.persons_with(nik) == [person_id]
        assert (await process.register(nik)).status_code == 409
        assert (await process.register(None, household={"kk": CARD})).status_code == 201
    code, said = await run_command(SERVICE, old.api.urls, "rotate-keys")
    assert (code, said.endswith("1 leaving, 2 required")) == (0, True), said
    assert await new.misfits() == set()
    assert await new.persons_with(nik) == [person_id]
    assert (await new.api.rows("SELECT count(*) FROM household"))[0][0] == 1


async def test_an_api_that_was_forgotten_registers_no_one_twice(apis: list[Process]) -> None:
    old, readable, changed, new = apis
    assert (await changed.rotate()).is_complete
    nik, other = new_nik(), new_nik()
    assert (await new.register(nik)).status_code == 201
    for refused in (await old.register(nik), await old.register(other)):
        assert (refused.status_code, refused.json()["retryable"]) == (503, True)
    assert (await old.register(None)).status_code == 201
    assert (await readable.register(nik)).status_code == 409
    assert "ILP_REGISTRY_NIK_INDEX_KEY" in await old.misfits()


async def test_a_key_that_was_replaced_is_not_filled_again_by_a_second_run(apis: list[Process]) -> None:
    _, readable, changed, new = apis
    assert (await changed.register(new_nik())).status_code == 201
    for _ in range(3):
        assert (await changed.rotate()).states == {"1": "leaving", "2": "required"}
    assert (await new.rotate()).states == {"1": "empty", "2": "required"}
    assert (await readable.register(new_nik())).status_code == 201  # what it writes in the empty place does not arrive
    rows = await new.api.rows("SELECT count(nik_index), count(nik_index_2), count(*) FROM person")
    assert tuple(rows[0]) == (0, 2, 2)


async def test_a_change_that_was_given_up_leaves_the_old_key(apis: list[Process]) -> None:
    old, readable, *_ = apis
    nik = new_nik()
    assert (await readable.register(nik)).status_code == 201
    await readable.api.as_owner("UPDATE blind_index SET state = 'filling' WHERE place = '2'")  # as a run that was cut
    assert (await readable.register(new_nik())).status_code == 201
    assert (await old.rotate()).states == {"1": "required", "2": "empty"}
    assert (await old.api.rows("SELECT count(nik_index_2) FROM person"))[0][0] == 0
    assert len(await old.persons_with(nik)) == 1


async def test_a_second_run_beside_the_first_is_refused(apis: list[Process]) -> None:
    changed = apis[2]
    async with changed.api.database.pool.acquire() as conn:
        await conn.execute("SELECT pg_advisory_lock($1)", KEY_CHANGE)
        with pytest.raises(NotNow, match="this command is running"):
            await changed.rotate()
        await conn.execute("SELECT pg_advisory_unlock($1)", KEY_CHANGE)
    assert (await changed.rotate()).is_complete


async def test_a_digest_of_another_key_is_replaced_before_the_place_is_required(apis: list[Process]) -> None:
    _, readable, changed, new = apis
    await readable.api.as_owner("UPDATE blind_index SET state = 'filling' WHERE place = '2'")  # as a run that was cut
    people = await batch(readable, 2)
    (row,) = await readable.api.rows("SELECT id::text FROM person ORDER BY nik_index DESC LIMIT 1")  # no sample
    person_id, nik = row["id"], people[row["id"]]
    async with readable.api.database.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT set_config('ilp.areas', 'id', true)")
        await conn.execute("UPDATE person SET nik_index_2 = $2 WHERE id = $1::uuid", person_id, b"\xff" * 32)
    assert (await readable.rotate()).is_complete
    assert (await changed.rotate()).is_complete
    assert await new.persons_with(nik) == [person_id]
    assert (await new.register(nik)).status_code == 409


async def test_every_column_that_follows_from_a_key_is_examined_at_the_start(
    databases: Databases, issuer: Issuer
) -> None:
    other = {"nik_key": key("nik 1"), "nik_index_key": {"1": key("index 1"), "2": key("index 9")}}
    wrong = {"nik_key": key("nik 9"), "nik_index_key": key("index 1")}
    steps = (OLD, READABLE, other, wrong)
    async with processes(await databases.create(SERVICE), issuer, steps) as (old, readable, mistaken, foreign):
        assert (await old.register(None, phone="+6281234567890")).status_code == 201
        assert await foreign.misfits() == {"ILP_REGISTRY_NIK_KEY"}
        await old.api.as_owner("UPDATE blind_index SET state = 'filling' WHERE place = '2'")  # as a run that was cut
        assert (await old.register(new_nik())).status_code == 201
        assert (await mistaken.register(new_nik())).status_code == 201
        assert await readable.misfits() == {"ILP_REGISTRY_NIK_INDEX_KEY"}
        with pytest.raises(NotNow, match="place 2"):
            await readable.rotate()


async def test_a_command_that_is_sent_again_is_known_under_every_key(apis: list[Process]) -> None:
    body, name = person(home_area=HOME, nik=new_nik()), str(new_id())
    first = await apis[0].post("/v1/persons", body, name)
    assert (await apis[2].rotate()).is_complete
    assert (await apis[1].post("/v1/persons", body, name)).json() == first.json()
    between, name = person(home_area=HOME, nik=new_nik()), str(new_id())
    second = await apis[1].post("/v1/persons", between, name)
    assert (await apis[3].post("/v1/persons", between, name)).json() == second.json()
    other = await apis[3].post("/v1/persons", {**between, "name": "Nama Lain"}, name)
    assert other.status_code == 422


async def test_keys_that_rows_need_are_named_at_the_start(
    databases: Databases, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = await databases.create(SERVICE)
    lost = {"nik_key": key("nik 2"), "nik_key_id": "2", "nik_index_key": key("index 1")}
    wrong = {"nik_key": key("nik 9"), "nik_index_key": key("index 1")}
    elsewhere = {"nik_key": key("nik 1"), "nik_index_key": key("index 9")}
    async with processes(urls, issuer, (OLD, READABLE, lost, wrong, elsewhere)) as (old, readable, *others):
        assert (await old.register(new_nik(), household={"kk": CARD})).status_code == 201
        assert [await each.misfits() for each in (old, readable)] == [set(), set()]
        said = [await each.misfits() for each in others]
        assert said == [{f"ILP_REGISTRY_NIK_{name}"} for name in ("RETIRED_KEYS", "KEY", "INDEX_KEY")]
        with pytest.raises(NotNow, match="kunci 1"):
            await others[0].rotate()
    as_environment(monkeypatch, lost)
    _, lines = await run_command(SERVICE, urls, "check-config", "--backing", cluster=NO_KAFKA)
    assert "ILP_REGISTRY_NIK_RETIRED_KEYS: ada baris yang dienkripsi dengan kunci 1" in lines
    as_environment(monkeypatch, NEW)
    monkeypatch.delenv("ILP_REGISTRY_NIK_KEY_ID")
    monkeypatch.setenv("ILP_REGISTRY_NIK_KEY", key("nik 1"))
    monkeypatch.setenv("ILP_REGISTRY_NIK_INDEX_KEY", key("index 1"))
    _, lines = await run_command(SERVICE, urls, "check-config", "--backing", cluster=NO_KAFKA)
    assert "ILP_REGISTRY_NIK" not in lines
