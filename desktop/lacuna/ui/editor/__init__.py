"""The report side."""
