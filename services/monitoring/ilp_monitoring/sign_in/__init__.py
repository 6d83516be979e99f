"""Sign-in of pages at an OpenID provider: sessions of this service, their limits and their end."""
