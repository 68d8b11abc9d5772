import os
import subprocess
from pathlib import Path

import pytest

from sdk import Sdk

# Judges the whole suite: runs last, or not at all.
COVERAGE = "test_coverage.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """What the suite covers can be told when all of it has run."""
    judges = [item for item in items if item.path.name == COVERAGE]
    others = [item for item in items if item.path.name != COVERAGE]
    files = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {COVERAGE}
    chosen = config.option.keyword or config.option.markexpr or any("::" in argument for argument in config.args)
    config.judged = bool(judges) and not chosen and files == {item.path.name for item in others}
    items[:] = others + (judges if config.judged else [])


def pytest_terminal_summary(terminalreporter, config):
    if not getattr(config, "judged", True):
        terminalreporter.write_line("coverage: not judged, because a part of the suite was chosen")


@pytest.fixture(scope="session")
def sdk():
    return Sdk(os.environ["ISTHMUS_ADDRESS"])


@pytest.fixture(scope="session")
def operator():
    """What the operator of the machine types, and what is printed."""

    def run(*words):
        program = os.environ["ISTHMUS_PROGRAM"]
        what, *rest = words
        command = [program, what, "--state", os.environ["ISTHMUS_STATE"], *rest]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
