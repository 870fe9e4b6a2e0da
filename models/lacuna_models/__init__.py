"""The engine: a local DiffusionGemma that fills gaps between fixed words."""
