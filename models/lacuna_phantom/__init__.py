"""The bundled checkpoint, a demonstrator for synthetic phantoms."""

from importlib.resources import files
from pathlib import Path


def checkpoint_path() -> Path:
    """Return the folder that holds the checkpoint's files.

    Raises:
        FileNotFoundError: if the package was installed without its weights.
    """
    folder = Path(str(files("lacuna_phantom")))
    if not (folder / "model.safetensors").is_file():
        raise FileNotFoundError(f"{folder.name} holds no model.safetensors")
    return folder
