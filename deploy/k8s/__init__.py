"""Kubernetes: manifests that follow from the product, sizes that follow from the calculator, and their rendering."""
