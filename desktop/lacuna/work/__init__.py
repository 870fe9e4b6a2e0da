"""Background threads: the engine's and the one-shot pool's."""
