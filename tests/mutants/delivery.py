"""Mutants of the event path: archive, relay, consumer, parking."""

from tests.mutants.mutant import Mutant

_DELIVERY = "tests/bus/test_delivery.py"
_FORGED = "tests/bus/test_contradictions.py"
_KILLED = "tests/bus/test_killed_processes.py"
_LOSSES = "tests/bus/test_losses.py"
_SLOW = "tests/bus/test_slow_statements.py"

DELIVERY = (
    Mutant(
        "applied-again",
        "a sequence at or below the position is skipped",
        "ilp_shared.bus.consume.positions",
        (("if event.sequence == position + 1:", "if event.sequence <= position + 1:"),),
        (f"{_DELIVERY}::test_the_whole_log_published_again_changes_nothing",),
    ),
    Mutant(
        "other-id-unnoticed",
        "another event under a known sequence is a contradiction",
        "ilp_shared.bus.consume.memory",
        (("if known is not None and known != event.event_id]", "if False]"),),
        (
            f"{_FORGED}::test_a_forged_event_is_found_and_what_it_hid_comes_back",
            f"{_FORGED}::test_a_forged_copy_is_an_alarm_that_ends_by_itself",
            "tests/unit/shared/test_memory.py::test_another_id_under_a_remembered_sequence_contradicts",
        ),
    ),
    Mutant(
        "first-answer-is-genuine",
        "a later record that differs from the one taken for genuine makes a contradiction undecided again",
        "ilp_shared.bus.consume.contradictions",
        (("genuine=event.event_id if self.genuine is None else None", "genuine=self.genuine or event.event_id"),),
        (
            "tests/unit/shared/test_memory.py"
            "::test_what_the_source_sends_last_is_genuine_however_often_a_stranger_sends",
        ),
    ),
    Mutant(
        "refuted-applied-again",
        "when everything is read again, the refuted record is passed over",
        "ilp_shared.bus.consume.contradictions",
        (
            (
                "return known is not None and known.genuine is not None and known.genuine != event.event_id",
                "return False",
            ),
        ),
        (f"{_FORGED}::test_a_forged_event_is_found_and_what_it_hid_comes_back",),
    ),
    Mutant(
        "contradiction-ready",
        "a worker with an open contradiction is not ready and says why",
        "ilp_shared.worker",
        (("return self.consumer.contradiction if self.consumer else None", "return None"),),
        ("tests/bus/test_forged_records.py::test_a_reader_says_why_it_is_not_to_be_trusted_and_comes_back[screening]",),
    ),
    Mutant(
        "position-without-swap",
        "the position moves only from where it was read (compare-and-swap)",
        "ilp_shared.bus.consume.positions",
        ((" AND p.last = n.old RETURNING 1", " RETURNING 1"),),
        (f"{_KILLED}::test_a_batch_that_another_member_applied_first_is_rolled_back",),
    ),
    Mutant(
        "position-apart",
        "the position moves in the transaction of the effects",
        "ilp_shared.bus.consume.applier",
        (
            (
                "            await positions.move(conn, old, moved, recent)",
                "            async with self._pool.acquire() as other:\n"
                "                await positions.move(other, old, moved, recent)",
            ),
        ),
        (f"{_KILLED}::test_a_consumer_killed_around_its_commit[before_commit]",),
    ),
    Mutant(
        "hole-jumped",
        "nothing is applied beyond a hole",
        "ilp_shared.bus.consume.positions",
        (("if event.sequence == position + 1:", "if event.sequence > position:"),),
        (
            f"{_LOSSES}::test_what_comes_after_a_loss_waits_for_what_is_missing",
            "tests/unit/shared/test_positions.py::test_sift_applies_exactly_what_comes_next",
        ),
    ),
    Mutant(
        "high-water-mark-ignored",
        "a high-water mark above the position means that events are missing",
        "ilp_shared.bus.consume.consumer",
        (("missing = holes | self._marks.ahead_of(positions)", "missing = holes"),),
        (f"{_DELIVERY}::test_a_topic_wiped_under_way_is_healed_by_replay",),
    ),
    Mutant(
        "replay-refused",
        "a relay sends again what a consumer asks for",
        "ilp_shared.bus.relay.relay",
        (("if self.leading and after < self._published.get(shard, 0):", "if False:"),),
        (f"{_DELIVERY}::test_a_topic_wiped_under_way_is_healed_by_replay",),
    ),
    Mutant(
        "lease-without-epoch",
        "a relay whose epoch has passed finds no lease to renew",
        "ilp_shared.bus.relay.lease",
        (
            (
                "WHERE holder = $1 AND epoch = $2 RETURNING clock_timestamp()\n",
                "WHERE $1::text <> '' AND $2::bigint > 0 RETURNING clock_timestamp()\n",
            ),
        ),
        (
            f"{_DELIVERY}::test_a_relay_whose_epoch_has_passed_cannot_write",
            f"{_LOSSES}::test_a_relay_that_lost_its_lease_writes_nothing_more",
        ),
    ),
    Mutant(
        "write-without-lease",
        "a relay renews its lease in every transaction that writes, not only by the clock",
        "ilp_shared.bus.relay.relay",
        (
            (
                "            await self._lease.renew(conn)\n            moved = {**acked, **self._rewinds}",
                "            moved = {**acked, **self._rewinds}",
            ),
        ),
        (f"{_LOSSES}::test_a_relay_that_lost_its_lease_writes_nothing_more",),
    ),
    Mutant(
        "polled-past-last-id",
        "new events are found by `sequence IS NULL`, not by `id > last`",
        "ilp_shared.bus.archive.outbox",
        (
            (
                "FROM event_log WHERE sequence IS NULL ORDER BY id LIMIT $1",
                "FROM event_log WHERE id > (SELECT coalesce(max(id), 0) FROM event_log WHERE sequence IS NOT NULL)"
                " ORDER BY id LIMIT $1",
            ),
        ),
        (f"{_DELIVERY}::test_a_slow_transaction_with_an_earlier_id_is_not_lost",),
    ),
    Mutant(
        "log-ahead-ignored",
        "a relay refuses to run when Kafka is ahead of its archive",
        "ilp_shared.bus.relay.log_check",
        (("    if ahead:\n", "    if False:\n"),),
        (f"{_DELIVERY}::test_a_relay_refuses_to_run_behind_the_log",),
    ),
    Mutant(
        "watchdog-off",
        "partitions that no member reads make the consumer join again",
        "ilp_shared.bus.consume.consumer",
        (
            (
                "if await self._is_stalled():\n                    return",
                "if await self._is_stalled():\n                    pass",
            ),
        ),
        (f"{_LOSSES}::test_partitions_that_nobody_reads_are_taken_over",),
    ),
    Mutant(
        "slow-portion-whole",
        "what is too slow for the database is polled again by halves, and that is progress",
        "ilp_shared.bus.consume.consumer",
        (("if len(records) == 1 or not is_statement_timeout(error):", "if error:"),),
        (
            f"{_SLOW}::test_a_batch_that_is_too_slow_is_applied_in_halves",
            f"{_SLOW}::test_area_trees_that_come_all_at_once_are_stored_on_a_slow_machine",
        ),
    ),
    Mutant(
        "ready-uncompared",
        "a worker is not ready before its relay has compared log and archive",
        "ilp_shared.worker",
        (("if not self.relay.compared:\n", "if False:\n"),),
        ("tests/service/shared/test_worker.py::test_a_worker_is_not_ready_before_log_and_archive_were_compared",),
    ),
    Mutant(
        "worker-unwatched",
        "a worker whose relay or consumer makes no round any more exits",
        "ilp_shared.worker",
        (("if self._idle_s() > self._settings.watchdog_s:\n", "if False:\n"),),
        ("tests/service/shared/test_worker.py::test_a_worker_without_progress_exits",),
    ),
    Mutant(
        "defect-dropped",
        "an event that cannot be understood is parked, not dropped",
        "ilp_shared.bus.consume.applier",
        (
            (
                "blocked.add(event.aggregate_id)\n            await parked.park(conn, event, event.defect",
                "continue\n            await parked.park(conn, event, event.defect",
            ),
        ),
        (f"{_DELIVERY}::test_types_of_no_interest_pass_by_and_unknown_ones_are_parked",),
    ),
    Mutant(
        "parked-overtaken",
        "later events of an aggregate wait behind its parked one",
        "ilp_shared.bus.consume.applier",
        (
            ("if event.defect is None and event.aggregate_id not in blocked:", "if event.defect is None:"),
            ("            if event.aggregate_id in blocked:\n", "            if False:\n"),
        ),
        (f"{_DELIVERY}::test_a_poison_event_parks_its_aggregate_only_and_unparks_in_order",),
    ),
    Mutant(
        "passing-error-parks",
        "an error that passes by itself is tried again, and parks nothing",
        "ilp_shared.bus.consume.applier",
        (
            (
                '            if is_transient(error):\n                raise\n            log.warning("batch_failed',
                '            log.warning("batch_failed',
            ),
            (
                "                if is_transient(error):\n                    raise\n                blocked.add",
                "                blocked.add",
            ),
        ),
        (f"{_LOSSES}::test_an_error_that_passes_parks_nothing",),
    ),
    Mutant(
        "lease-of-the-future",
        "a lease from before the database's clock was set back has run out",
        "ilp_shared.bus.relay.lease",
        (
            (
                "expires_at BETWEEN clock_timestamp() AND clock_timestamp() + interval '{LONGEST_S} seconds'",
                "expires_at >= clock_timestamp()",
            ),
        ),
        ("tests/bus/test_delivery.py::test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up",),
    ),
    Mutant(
        "older-copy-wins",
        "an older version never overwrites a newer one in a local copy",
        "ilp_shared.db.copies",
        (('DO UPDATE SET {changes} WHERE {table}.version < excluded.version"', 'DO UPDATE SET {changes}"'),),
        ("tests/service/shared/test_copies.py::test_the_newest_version_of_each_key_stays",),
    ),
    Mutant(
        "recover-while-read",
        "a topic is recreated only when no worker reads it",
        "ilp_shared.operations.recovery",
        (("if alive := await readers(admin, cluster):", "if alive := []:"),),
        ("tests/bus/test_recovery.py::test_each_command_refuses_until_its_turn",),
    ),
    Mutant(
        "recover-unforgotten",
        "a topic is recreated only when every consumer has forgotten it",
        "ilp_shared.operations.recovery",
        (("if groups := await unforgetful(admin, cluster, domain):", "if groups := []:"),),
        ("tests/bus/test_recovery.py::test_each_command_refuses_until_its_turn",),
    ),
)
