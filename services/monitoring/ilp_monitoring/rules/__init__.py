"""Pure arithmetic of the situation: no I/O, no clock."""
