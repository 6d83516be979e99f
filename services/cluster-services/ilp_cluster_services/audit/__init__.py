"""Who looked at whose tasks."""
