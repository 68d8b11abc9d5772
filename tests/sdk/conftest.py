import os
import subprocess

import pytest

from sdk import Sdk


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
