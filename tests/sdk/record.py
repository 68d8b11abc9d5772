"""What the suite has called so far, for the test of coverage that comes last, and the table of what can be called."""

import functools
import json
import os
import subprocess
from contextlib import contextmanager, suppress

from aliyunsdkcore.acs_exception.exceptions import ServerException
from Tea.exceptions import TeaException

# (`product.Action`, names of the parameters that were sent, code of the refusal or None); the product in small letters.
CALLS = set()
# (`product.Action`, HTTP status, code) of every refusal.
REFUSALS = set()
# (`product.Action`, filter) that has been seen to find a thing by what it is, and to leave it out by what it is not.
NARROWED = set()


@functools.cache
def table():
    """What the program says of every action, by `product.Action`: see `isthmus compatibility --json`."""
    printed = subprocess.run([os.environ["ISTHMUS_PROGRAM"], "compatibility", "--json"], capture_output=True, check=True)
    named = lambda name: name.split(".")[0].lower() + "." + name.split(".")[1]
    return {named(name): action for name, action in json.loads(printed.stdout).items()}


def parameters_of(action, support):
    """The parameters of an action of which this becomes, with what the table says of each."""
    return {name: it for name, it in table()[action]["parameters"].items() if it["support"] == support}


def names_of(value, path=()):
    """`Tag` and `Tag.Key` for `Tag.1.Key=x`, in whichever way it is given: flat, nested, or as JSON text."""
    if isinstance(value, str) and path and value[:1] in ("{", "["):
        with suppress(json.JSONDecodeError):
            yield from names_of(json.loads(value), path)
    if isinstance(value, dict):
        for name, inner in value.items():
            steps = (step for step in name.split(".") if not step.isdigit())
            yield from names_of(inner, path + tuple(steps))
    elif isinstance(value, list):
        for inner in value:
            yield from names_of(inner, path)
    elif value is not None:
        yield from (".".join(path[:length]) for length in range(1, len(path) + 1))


@contextmanager
def recorded(action, parameters):
    """Keeps what is called inside, and how it ends."""
    names = frozenset(names_of(parameters))
    code = None
    try:
        yield
    except TeaException as error:
        code = error.code
        REFUSALS.add((action, (error.data or {}).get("statusCode"), code))
        raise
    except ServerException as error:
        code = error.get_error_code()
        REFUSALS.add((action, error.get_http_status(), code))
        raise
    finally:
        CALLS.add((action, names, code))
