"""Versioned policy of this service as data: which action opens what, for whom, until when."""
