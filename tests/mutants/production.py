"""Mutants of the doors of production: who a client is, secrets in files, what is refused at the start, partitions."""

from tests.mutants.mutant import Mutant

_ACCOUNTS = "tests/bus/test_kafka_accounts.py"
_CHECK = "tests/unit/shared/test_check_config.py"
_TLS = "tests/unit/shared/test_tls.py"
_SECRETS = "tests/unit/shared/test_secrets.py"
_SCHEMA = "tests/service/shared/test_schema_of_release.py"
_GROWTH = "tests/bus/test_growth.py::test_a_topic_grows_under_load_and_loses_and_doubles_nothing"

PRODUCTION = (
    Mutant(
        "any-server-trusted",
        "a server whose certificate or name is not proved is refused",
        "ilp_shared.tls",
        (
            (
                "    context.minimum_version = ssl.TLSVersion.TLSv1_2\n",
                "    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE\n",
            ),
        ),
        (f"{_TLS}::test_neither_another_authority_nor_another_host_is_trusted",),
    ),
    Mutant(
        "certificate-of-the-start",
        "a renewed certificate serves the next connection",
        "ilp_shared.tls",
        (("        self.read()\n        return super()", "        return super()"),),
        (f"{_TLS}::test_a_renewed_certificate_is_shown_at_the_next_connection",),
    ),
    Mutant(
        "secret-of-the-start",
        "a secret in a file is read at each use",
        "ilp_shared.secrets",
        (("            self._last = _content(self._path)\n", "            pass\n"),),
        (f"{_SECRETS}::test_a_secret_is_what_the_file_holds_at_each_use",),
    ),
    Mutant(
        "writes-to-any-topic",
        "a service may write its own topic only",
        "ilp_shared.operations.grants",
        (
            (
                'yield Grant("topic", cluster.topic(domain), _READ)',
                'yield Grant("topic", cluster.topic(domain), (*_READ, "Write"))',
            ),
        ),
        (f"{_ACCOUNTS}::test_each_service_may_do_what_is_its_own_and_nothing_else",),
    ),
    Mutant(
        "replay-for-everyone",
        "only services that consume may ask for a replay",
        "ilp_shared.operations.grants",
        (("if service.sources else _READ", "if True else _READ"),),
        (f"{_ACCOUNTS}::test_each_service_may_do_what_is_its_own_and_nothing_else",),
    ),
    Mutant(
        "any-host-served",
        "only the hosts that are named are served",
        "ilp_shared.http.boundary",
        (("            if self._trusted_hosts:\n", "            if False:\n"),),
        ("tests/service/shared/test_hosts.py::test_other_hosts_are_refused_as_a_problem",),
    ),
    Mutant(
        "start-unexamined",
        "what production refuses does not start",
        "ilp_shared.operations.production",
        (('    if settings.profile != "production":\n', "    if True:\n"),),
        (f"{_CHECK}::test_everything_that_is_wrong_is_said_at_once",),
    ),
    Mutant(
        "owner-in-a-process",
        "the owner's address is for commands only",
        "ilp_shared.operations.production",
        (('is not None and process != "command"', "is not None and False"),),
        (f"{_CHECK}::test_the_owner_s_address_is_for_commands",),
    ),
    Mutant(
        "database-unproved",
        "production verifies who its databases are",
        "ilp_shared.operations.production",
        (('if parameters.get("sslmode") != ["verify-full"] and not is_socket:', "if False:"),),
        (f"{_CHECK}::test_an_address_in_a_file_is_checked_too",),
    ),
    Mutant(
        "topic-forgets-early",
        "a topic that loses events early is refused",
        "ilp_shared.operations.backing",
        (("    if 0 <= retention_ms < least_ms:\n", "    if False:\n"),),
        ("tests/unit/shared/test_topic_settings.py::test_each_setting_that_loses_events_is_named",),
    ),
    Mutant(
        "schema-of-any-age",
        "a process on a schema older than its release is not ready",
        "ilp_shared.db.readiness",
        (("        if revision in self._older:\n", "        if False:\n"),),
        (
            f"{_SCHEMA}::test_an_api_is_ready_once_the_migrations_of_its_release_have_run",
            f"{_SCHEMA}::test_an_api_whose_database_is_restored_to_an_older_release_is_not_ready_meanwhile",
        ),
    ),
    Mutant(
        "keys-of-a-late-schema",
        "keys are compared with stored rows when the schema becomes right",
        "ilp_shared.db.readiness",
        (("            if hindrance is None and not self._fits:\n", "            if False:\n"),),
        (f"{_SCHEMA}::test_a_registry_whose_keys_do_not_fit_the_data_of_its_schema_is_not_ready",),
    ),
    Mutant(
        "work-before-migrations",
        "a worker begins when its database can be used",
        "ilp_shared.worker",
        (("        await usable\n", ""),),
        (f"{_SCHEMA}::test_a_worker_that_waited_for_longer_than_its_watchdog_has_all_of_it_when_it_begins",),
    ),
    Mutant(
        "waiting-without-progress",
        "the watchdog of a worker that waited for its database counts from when it begins",
        "ilp_shared.worker",
        (("max(self._begun, min(rounds))", "min(rounds)"),),
        (f"{_SCHEMA}::test_a_worker_that_waited_for_longer_than_its_watchdog_has_all_of_it_when_it_begins",),
    ),
    Mutant(
        "partitions-of-the-start",
        "a topic that has grown is written in all its partitions",
        "ilp_shared.bus.kafka",
        (
            (
                "        partitions = await _partitions_of(producer, topic)\n        for row",
                "        partitions = 6\n        for row",
            ),
        ),
        (_GROWTH,),
    ),
    Mutant(
        "checked-before-all-is-read",
        "no time counts as checked before the partitions of a growth are read",
        "ilp_shared.bus.consume.high_water_marks",
        (("mark is None or set(mark.published) != set(shards)", "mark is None"),),
        ("tests/unit/shared/test_positions.py::test_a_mark_for_another_number_of_partitions_says_nothing",),
    ),
)
