"""Open days: days on which a facility is open for screening (posyandu days above all)."""
