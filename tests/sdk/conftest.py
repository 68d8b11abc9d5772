import os

import pytest

from sdk import Sdk


@pytest.fixture(scope="session")
def sdk():
    return Sdk(os.environ["ISTHMUS_ADDRESS"])
