"""The development issuer as an OpenID provider: small, of one process, with accounts that anyone may choose.

Everything that production's issuer does for this platform, it does too: discovery, code with PKCE, refresh, revocation,
keys, the end of sessions with back-channel logout, and machine clients by `private_key_jwt`.
"""
