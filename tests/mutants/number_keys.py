"""Mutants of the change of keys: no NIK is registered twice or missed, and no command is forgotten, on the way."""

from tests.mutants.mutant import Mutant

_ROTATION = "tests/service/registry/test_key_rotation.py"

NUMBER_KEYS = (
    Mutant(
        "digest-of-one-key",
        "a number has a digest under every index key that a process has",
        "ilp_registry.vault",
        (("if p in self._index_keys else None for p in PLACES", "if p == self.places[0] else None for p in PLACES"),),
        (f"{_ROTATION}::test_an_api_that_was_forgotten_registers_no_one_twice",),
    ),
    Mutant(
        "new-place-unrequired",
        "after the change the digest under the new key is required of every writer",
        "ilp_registry.number_keys.service",
        (('"required" if place == plan.fill else "leaving"', '"filling" if place == plan.fill else "leaving"'),),
        (f"{_ROTATION}::test_an_api_that_was_forgotten_registers_no_one_twice",),
    ),
    Mutant(
        "replaced-key-filled-again",
        "a second run does not go back to the key that was replaced",
        "ilp_registry.number_keys.service",
        (('state in ("empty", "filling", "completing")', 'state in ("empty", "filling", "completing", "leaving")'),),
        (f"{_ROTATION}::test_a_key_that_was_replaced_is_not_filled_again_by_a_second_run",),
    ),
    Mutant(
        "request-under-one-key",
        "a command that is sent again is known while the index key changes",
        "ilp_registry.vault",
        (('b"".join(_digest(key, content) for key in self._index_keys.values())', "self.digest(content)"),),
        (f"{_ROTATION}::test_a_command_that_is_sent_again_is_known_under_every_key",),
    ),
    Mutant(
        "keys-unexamined",
        "keys that stored rows need and that are missing are named at the start",
        "ilp_shared.operations.check",
        (("if (misfits := service.load_misfits()) is not None:", "if (misfits := None) is not None:"),),
        (f"{_ROTATION}::test_keys_that_rows_need_are_named_at_the_start",),
    ),
)
