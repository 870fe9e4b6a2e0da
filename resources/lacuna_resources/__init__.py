"""Fonts, icons, themes, templates and sample studies."""
