"""The closed list of kinds of packs: each a form and a pure judge that reads its pack and the case, nothing else."""
