"""The history of the registry's schema."""
