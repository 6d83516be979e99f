"""Accounts: tokens, principals, permissions."""
