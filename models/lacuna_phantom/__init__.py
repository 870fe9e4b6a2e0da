"""The bundled checkpoint, a demonstrator for synthetic phantoms."""
