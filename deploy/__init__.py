"""How the platform is started and shipped: the one-command run here, manifests for clusters beside it."""
