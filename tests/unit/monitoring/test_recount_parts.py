"""Whose turn it is: all regencies of a nation within a few runs, whatever some of them keep of the budget."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ilp_monitoring.recount.parts import Comparison, Parts, regencies_in_turn, shown_sizes

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
sizes_of_regencies = st.dictionaries(st.from_regex(r"[1-9][0-9]\.[0-9]{2}", fullmatch=True), st.integers(0, 900))


def runs_until_all(sizes: Mapping[str, int], most: int, differing: set[str]) -> list[list[str]]:
    """Return the regencies of each run, until each was in one; those of `differing` differ in every run."""
    comparisons: dict[str, Comparison] = {}
    runs: list[list[str]] = []
    while comparisons.keys() != sizes.keys():
        runs.append(regencies_in_turn(sizes, comparisons, most))
        at = BEGIN + timedelta(hours=len(runs))
        comparisons |= {code: Comparison(at, int(code in differing)) for code in runs[-1]}
    return runs


@given(sizes_of_regencies, st.integers(1, 2_000))
def test_each_regency_has_its_turn_soon(sizes: dict[str, int], most: int) -> None:
    """Where nothing differs: two runs use more than the budget of one, which only the first of a run may exceed."""
    runs = runs_until_all(sizes, most, set())
    assert len(runs) <= 2 * sum(sizes.values()) / most + 1
    assert all(len(run) == 1 or sum(sizes[code] for code in run) <= most for run in runs)


@given(sizes_of_regencies, st.integers(1, 2_000), st.integers(1, 4))
def test_what_differs_does_not_keep_the_others_from_their_turn(sizes: dict[str, int], most: int, each: int) -> None:
    """Where some stay different, of any size: half of the budget is for the others, so it takes twice as many runs."""
    differing = {code for place, code in enumerate(sorted(sizes)) if place % each == 0}
    assert len(runs_until_all(sizes, most, differing)) <= 2 * (2 * sum(sizes.values()) / most) + 1


def test_a_nation_is_seen_within_days() -> None:
    """514 regencies of a usual size and the usual budget: whatever stays different, be it larger than the budget."""
    sizes = {f"{10 + place // 20}.{place % 20 + 1:02}": 4_200 for place in range(514)}
    codes = sorted(sizes)
    assert len(runs_until_all(sizes, 50_000, set())) == 47
    assert len(runs_until_all(sizes, 50_000, set(codes[::25]))) <= 90
    assert len(runs_until_all(sizes, 50_000, set(codes))) <= 103
    assert len(runs_until_all(sizes | {codes[0]: 60_000}, 50_000, {codes[0]})) <= 104


@given(sizes_of_regencies, st.integers(1, 4))
def test_what_fits_whole_is_whole_whatever_differs(sizes: dict[str, int], each: int) -> None:
    comparisons = {code: Comparison(BEGIN, int(place % each == 0)) for place, code in enumerate(sorted(sizes))}
    assert sorted(regencies_in_turn(sizes, comparisons, max(1, sum(sizes.values())))) == sorted(sizes)


def test_only_what_is_shown_has_a_size() -> None:
    """Published areas with numbers: months and denominators, the regency twice; one not published not at all."""
    tables: dict[str, list[tuple[str, ...]]] = {
        "cell": [("D_S", "2026-11", "13.76.01"), ("D_S", "2026-11", "62.10.01.1001"), ("D_S", "2026-11", "id")],
        "completeness": [("2026-10", "13.76")],
        "population": [("13.76.02", "2024-01", "male"), ("13.76.09", "2024-01", "male"), ("13", "2024-01", "male")],
        "task_count": [],
        "first_in_year": [],
        "posyandu_count": [],
    }
    published = ["id", "13", "13.76", "13.76.01", "13.76.02", "13.76.03", "14", "14.72"]
    assert shown_sizes(published, tables) == {"13.76": 2 * 2 * (2 + 1 + 1), "14.72": 0, "62.10": 0}


def test_nation_and_provinces_are_in_every_run() -> None:
    parts = Parts({"13.76": 5, "14.72": 5}, {}, 1)
    assert parts.parts_to_read == ["id", "13.76"]
    covered = [area for area in ("id", "13", "13.76.01", "14", "14.72", "14.72.01.1001") if parts.covers(area)]
    assert covered == ["id", "13", "13.76.01", "14"]
    assert Parts({"13.76": 5, "14.72": 5}, {}, 10).parts_to_read is None
