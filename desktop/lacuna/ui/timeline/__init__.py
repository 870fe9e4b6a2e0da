"""Recent runs, step by step: kept, scrubbed, and taken up again at any of their steps."""
