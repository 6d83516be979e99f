"""Events of the screening domain."""
