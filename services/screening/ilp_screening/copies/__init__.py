"""Local copies of registry data, fed by events."""
