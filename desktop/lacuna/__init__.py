"""Lacuna: a desktop reporting assistant for radiologists."""

__version__ = "0.1.0"
