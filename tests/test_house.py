"""The house rules that a machine can check: contracts, style, types, layout, README commands."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    "pyproject.toml",
    "desktop",
    "resources",
    "models",
    "installer",
    "tests",
    "README.md",
    "LICENSE",
}
FENCE = re.compile(r"<!-- (run|test) command -->\n```bash\n(.+?)\n```", re.DOTALL)


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [Path(name) for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_imports_keep_their_direction() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_style_is_clean() -> None:
    result = tool("ruff", "check", ".")
    assert result.returncode == 0, result.stdout
    result = tool("ruff", "format", "--check", ".")
    assert result.returncode == 0, result.stdout


def test_types_are_strict() -> None:
    result = tool("mypy")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_top_level_is_fixed_and_the_tree_is_small() -> None:
    files = tracked()
    strangers = {file.parts[0] for file in files if not file.parts[0].startswith(".")} - TOP_LEVEL
    assert not strangers
    assert sum((ROOT / file).stat().st_size for file in files) < 48 * 2**20


def test_importing_the_application_loads_no_torch() -> None:
    code = (
        "import sys, lacuna, lacuna.app, lacuna.cli, lacuna.ui.main_window;"
        "bad = {'torch', 'transformers', 'peft'} & sys.modules.keys();"
        "sys.exit(f'imported at start: {bad}' if bad else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_nothing_that_could_reach_a_network_is_imported_by_the_window() -> None:
    code = (
        "import sys, lacuna.app;"
        "bad = [name for name in sys.modules if 'QtNetwork' in name or 'WebEngine' in name];"
        "sys.exit(f'imported: {bad}' if bad else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_the_readme_offers_one_command_to_run_and_one_to_test() -> None:
    commands = dict(FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert set(commands) == {"run", "test"}
    for command in commands.values():
        assert len(command.splitlines()) == 1
    assert "lacuna" in commands["run"]
    assert "--sample" in commands["run"]
    assert "pytest" in commands["test"]


def test_every_dependency_has_a_bound_and_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for dependency in tomllib.loads(text)["project"]["dependencies"]:
        line = next(line for line in text.splitlines() if f'"{dependency}"' in line)
        assert ">=" in dependency, dependency
        assert "#" in line, f"{dependency} has no reason"


def test_no_dependency_is_under_the_gpl() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "pylibjpeg-libjpeg" not in text
    assert not re.search(r"\(A?GPL", text)
