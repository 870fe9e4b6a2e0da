"""The report in plain Python: its model, its edits, who wrote what."""
