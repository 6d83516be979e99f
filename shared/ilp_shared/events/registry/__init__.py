"""Events of the registry domain."""
