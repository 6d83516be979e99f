"""How much one account may ask for; past it, an API answers 429. Pure. Defaults are the production values."""

from pydantic import Field

from ilp_shared.models import Frozen


class Limits(Frozen):
    """Environment: `ILP_<SERVICE>_LIMITS` as a JSON object; what is not in it keeps its default."""

    lookups_per_hour: int = Field(60, ge=1)
    """Searches, matches and conflicts by which an account learns that a person or number exists, and NIKs that look
    like guesses. Shared by all processes of the service; the other limits are those of one process."""
    reads_per_s: float = Field(20, gt=0)
    """Requests that read."""
    commands_per_s: float = Field(50, gt=0)
    """Requests that write."""
    batch_rows_per_min: float = Field(5_000, gt=0)
    """Items of batches, whose requests count as commands too."""
    evaluations_per_s: float = Field(5, gt=0)
    """Evaluations without a token, from one address."""
    burst_s: float = Field(10, gt=0)
    """An account that was silent may ask at once for what it may ask for in so many seconds."""
