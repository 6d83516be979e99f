"""The one error of packs."""


class PackError(RuntimeError):
    """A pack or table is damaged: the service must not start with it."""
