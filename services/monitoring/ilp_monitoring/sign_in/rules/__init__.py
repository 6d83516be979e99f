"""Rules of the sign-in: where it may lead, what is sealed, which tokens hold. Pure."""
