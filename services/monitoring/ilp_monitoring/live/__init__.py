"""Live changes of a situation over server-sent events."""
