"""How the platform is started: `dev` is the one-command run, `images` and `compose` are for a server in production."""
