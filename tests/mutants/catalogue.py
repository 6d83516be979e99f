"""The one list of mutants. Read by the campaign and by the unit test that keeps it sound.

Add one by naming a safeguard, the edits that take it away, and the smallest set of tests that notices. If no test
does, the test is missing, not the mutant.
"""

from tests.mutants.commands import COMMANDS
from tests.mutants.delivery import DELIVERY
from tests.mutants.judging import JUDGING
from tests.mutants.limits import LIMITS
from tests.mutants.number_keys import NUMBER_KEYS
from tests.mutants.numbers import NUMBERS
from tests.mutants.production import PRODUCTION
from tests.mutants.recounted import RECOUNTED
from tests.mutants.safeguards import DOORS, RUNNING, SECRETS
from tests.mutants.sign_in import SIGN_IN

MUTANTS = (
    *DELIVERY,
    *COMMANDS,
    *JUDGING,
    *LIMITS,
    *NUMBERS,
    *RECOUNTED,
    *DOORS,
    *SECRETS,
    *NUMBER_KEYS,
    *RUNNING,
    *PRODUCTION,
    *SIGN_IN,
)
