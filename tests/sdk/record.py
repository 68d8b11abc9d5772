"""What the suite has called so far, for the test of coverage that comes last, and the table of what can be called."""

import functools
import json
import os
import subprocess
from contextlib import contextmanager

from aliyunsdkcore.acs_exception.exceptions import ServerException
from Tea.exceptions import TeaException

# (`product.Action`, names of the parameters that were sent, code of the refusal or None); the product in small letters.
CALLS = set()


@functools.cache
def table():
    """What the program says of every action, by `product.Action`: see `isthmus compatibility --json`."""
    printed = subprocess.run([os.environ["ISTHMUS_PROGRAM"], "compatibility", "--json"], capture_output=True, check=True)
    named = lambda name: name.split(".")[0].lower() + "." + name.split(".")[1]
    return {named(name): action for name, action in json.loads(printed.stdout).items()}


def parameters_of(action, support):
    """The parameters of an action of which this becomes, with what the table says of each."""
    return {name: it for name, it in table()[action]["parameters"].items() if it["support"] == support}


@contextmanager
def recorded(action, parameters):
    """Keeps what is called inside, and how it ends."""
    names = frozenset(name.split(".")[0] for name, value in parameters.items() if value is not None)
    code = None
    try:
        yield
    except TeaException as error:
        code = error.code
        raise
    except ServerException as error:
        code = error.get_error_code()
        raise
    finally:
        CALLS.add((action, names, code))
