"""Several fills at once: lengths and alternatives as batch rows, and which of them to keep."""
