"""Mutants of the rules of screening: what judges by data, and what keeps the data sound."""

from tests.mutants.mutant import Mutant

_UNIT = "tests/unit/screening"

JUDGING = (
    Mutant(
        "band-edge-open",
        "a value at the lower limit of a band belongs to it",
        "ilp_screening.rules.forms",
        (("value >= self.ge", "value > self.ge"),),
        (f"{_UNIT}/test_load.py::test_every_pack_loads[packaged]",),
    ),
    Mutant(
        "missing-value-ignored",
        "one value of several decides only from the band that the pack names",
        "ilp_screening.rules.kinds.worst_of",
        (("    if worst < [band.code for band in pack.bands].index(partial.decides_from):\n", "    if False:\n"),),
        (f"{_UNIT}/test_load.py::test_every_pack_loads[packaged]",),
    ),
    Mutant(
        "unanswered-is-no",
        "an unanswered item is never taken as a no",
        "ilp_screening.rules.conditions",
        (
            (
                "        if value is None:\n            return None\n",
                "        if value is None:\n            return False\n",
            ),
        ),
        (f"{_UNIT}/test_load.py::test_every_pack_loads[packaged]",),
    ),
    Mutant(
        "open-items-at-least",
        "open items of a score count with their most as well",
        "ilp_screening.rules.kinds.score",
        (("most + max(possible)", "most + min(possible)"),),
        (f"{_UNIT}/test_load.py::test_every_pack_loads[site]",),
    ),
    Mutant(
        "newest-version-always",
        "a screening is judged by the version of its day",
        "ilp_screening.rules.contents",
        (("if pack.form.effective_from <= day and not", "if not"),),
        (f"{_UNIT}/test_site_packs.py::test_the_newest_version_of_the_day_judges[2026-02-28-2023.2]",),
    ),
    Mutant(
        "contradiction-judged",
        "what contradicts itself or is implausible is asked for again, and refers no person",
        "ilp_screening.rules.again",
        (("    if not concerned or repeat is None:\n", "    if True:\n"),),
        (f"{_UNIT}/test_load.py::test_every_pack_loads[packaged]",),
    ),
    Mutant(
        "golden-unjudged",
        "a pack whose golden cases do not come out stops the start",
        "ilp_screening.packs.loader",
        (("    if not faults:\n", "    if False:\n"),),
        (f"{_UNIT}/test_site_packs.py::test_a_pack_without_golden_cases_is_refused",),
    ),
)
