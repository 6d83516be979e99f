"""Events of the monitoring domain."""
