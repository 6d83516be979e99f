"""Areas: the Kemendagri tree, other names, and dusun, RW and RT below villages."""
