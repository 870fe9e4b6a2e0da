"""The window. Widgets hold no domain logic."""
