"""Events of the other services → cells: pure arithmetic in `rules/`, SQL here."""
