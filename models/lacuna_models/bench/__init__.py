"""Benchmarks beside named peers."""
