"""Registration of persons, one or five hundred at once, and correction of their data."""
