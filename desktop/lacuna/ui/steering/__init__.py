"""What the acts of steering look like: cards, the list of alternatives, marks, menus.

Nothing here decides: it shows, and asks by signals. The desk answers.
"""
