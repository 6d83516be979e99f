"""Images: built from the locked files without or with a Docker engine, their contents listed, their names pinned."""
