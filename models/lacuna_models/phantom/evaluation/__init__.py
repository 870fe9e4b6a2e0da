"""The report card: what the bundled checkpoint and its sibling can do, on held-out phantoms."""
