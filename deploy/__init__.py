"""How the platform is started: `dev` is the one-command run. Manifests for clusters do not exist yet."""
