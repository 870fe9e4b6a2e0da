"""Lacuna: a desktop reporting assistant for radiologists."""
