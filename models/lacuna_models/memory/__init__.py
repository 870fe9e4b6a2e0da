"""What a checkpoint needs of a card, before it is loaded: told from its files' headers alone.

`plan` reckons, free of torch; `measure` finds what a run really held, for tests and benchmarks.
"""
