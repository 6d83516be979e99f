"""Pure rules of cluster-services: what a screening opens, what a correction changes, how a task may move. No I/O."""
