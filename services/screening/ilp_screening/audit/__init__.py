"""Who looked at whose screenings."""
