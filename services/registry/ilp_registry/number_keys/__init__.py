"""Keys of numbers: which of them the stored rows need, and the command that changes them. It has no routes."""
