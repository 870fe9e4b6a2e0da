"""Measure a checkpoint's acts on held-out phantoms: `lacuna-models evaluate ...`."""
