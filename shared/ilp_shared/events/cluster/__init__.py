"""Events of the cluster domain."""
