"""Mutants of the numbers: what a screening contributes, in which month, and how a live screen resumes."""

from tests.mutants.mutant import Mutant

_MONITORING = "tests/service/monitoring"

NUMBERS = (
    Mutant(
        "correction-added",
        "a correction moves cells by the difference to what was counted",
        "ilp_monitoring.projections.adapters.screening",
        (("            _add(differences.cells, person_month[1], old, -1)\n", ""),),
        (f"{_MONITORING}/test_counting.py::test_a_correction_replaces_and_a_void_removes",),
    ),
    Mutant(
        "void-kept",
        "a voided screening counts no more",
        "ilp_monitoring.projections.adapters.screening",
        (("        if not new.voided:\n", "        if True:\n"),),
        (f"{_MONITORING}/test_counting.py::test_a_correction_replaces_and_a_void_removes",),
    ),
    Mutant(
        "utc-day",
        "the reporting day is the facility's local day",
        "ilp_screening.rules.engine",
        (("ZoneInfo(setting.timezone)", 'ZoneInfo("UTC")'),),
        ("tests/service/screening/test_recording.py::test_the_reporting_day_is_local_to_the_facility",),
    ),
    Mutant(
        "copy-goes-back",
        "an older version of a record never overwrites a newer one",
        "ilp_shared.db.copies",
        ((' WHERE {table}.version < excluded.version"', '"'),),
        ("tests/service/screening/test_recording.py::test_redelivered_and_older_registry_events_change_nothing",),
    ),
    Mutant(
        "regencies-not-followed",
        "the screen of a province or the nation hears of every regency, also of one that is not named any more",
        "ilp_monitoring.situations.service",
        (("[key.area, *below, *regencies]", "[key.area, *below]"),),
        (f"{_MONITORING}/test_stream.py::test_a_screen_that_comes_back_hears_of_a_regency_that_is_not_named_any_more",),
    ),
    Mutant(
        "stream-id-of-process",
        "the id of a live change is the projection's sequence, the same on every replica",
        "ilp_monitoring.live.router",
        (
            ("import time\nfrom collections", "import itertools\nimport time\nfrom collections"),
            ("_UNKNOWN = -1\n", "_UNKNOWN = -1\n_OWN = itertools.count(1)\n"),
            (
                'ServerSentEvent(event="indicator", id=str(patch.sequence),',
                'ServerSentEvent(event="indicator", id=str(next(_OWN)),',
            ),
        ),
        (f"{_MONITORING}/test_stream.py::test_a_reader_resumes_after_its_last_event",),
    ),
    Mutant(
        "counted-otherwise",
        "numbers that were counted by other definitions are moved by nothing until they are counted anew",
        "ilp_monitoring.projections.clock",
        (('    if row["counted_by"] not in (None, counted_by):\n', "    if False:\n"),),
        (
            f"{_MONITORING}/test_changed_definitions.py"
            "::test_a_void_takes_nothing_from_an_indicator_that_never_counted_it",
        ),
    ),
    Mutant(
        "born-later",
        "the registered under-fives of a month hold no child born after it",
        "ilp_monitoring.rules.months",
        (("if min_months is None else", "if not min_months else"),),
        (
            f"{_MONITORING}/test_situation.py::test_a_month_never_counts_a_child_born_after_it",
            f"{_MONITORING}/test_recount_finds.py::test_projection_and_recount_agree",
        ),
    ),
    Mutant(
        "recount-one-way",
        "the recount compares both ways: a cell too many is found like one too few",
        "ilp_monitoring.recount.comparing",
        (("others = actual.keys() - expected.keys()", "others = actual.keys() - actual.keys()"),),
        (f"{_MONITORING}/test_recount_finds.py::test_one_tampered_row_is_the_one_difference[STUNTING 2026-11 99]",),
    ),
)
