"""Synthetic phantoms and the training of the bundled checkpoint."""
