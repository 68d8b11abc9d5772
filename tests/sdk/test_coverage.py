"""The ratchet over the suite: every action, every parameter, every documented refusal has had its case. `left_out.txt` says what has
none, and why.

`documented.json` has the codes that the cloud documents for an action. Those that no source here can answer are not asked for.
"""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from record import CALLS, parameters_of, table

HERE = Path(__file__).parent
LIFE = [line.split() for line in (HERE.parent / "life.txt").read_text().splitlines()]
# How actions end that are always refused.
NEVER = {f"{words[1].lower()}.{words[2]}": words[3] for words in LIFE if words[:1] == ["never"]}
DOCUMENTED = json.loads((HERE / "documented.json").read_text())
CONTROL = HERE.parent.parent / "crates/control/src"
LEFT_OUT = [line.partition(": ") for line in (HERE / "left_out.txt").read_text().splitlines() if line and line[0] != "#"]


def succeeded(action, code):
    return code == NEVER.get(action)


def actions():
    """Actions that have not succeeded."""
    done = {action for action, _, code in CALLS if succeeded(action, code)}
    return {f"action {action}" for action in table() if action not in done}


def parameters():
    """Parameters that have not been what the table says of them, in a call that tells."""
    sent, refused = set(), set()
    for action, names, code in CALLS:
        if succeeded(action, code):
            sent |= {(action, name) for name in names}
        elif code == "DryRunOperation":
            sent.add((action, "DryRun"))
        refused |= {(action, name, code) for name in names}
    for action, it in table().items():
        works = parameters_of(action, "works").keys() - (set() if it["writes"] else {"ClientToken", "DryRun"})
        for name in works | parameters_of(action, "no effect").keys():
            if (action, name) not in sent:
                yield f"parameter {action} {name}"
        for name, param in parameters_of(action, "refused").items():
            if (action, name, param["code"]) not in refused:
                yield f"parameter {action} {name}"


def answered():
    """Whether a code can be the answer to an action: it is written somewhere, or made from a parameter's name."""
    sources = "".join(path.read_text() for path in CONTROL.rglob("*.rs") if "tests" not in path.parts)
    written = set(re.findall(r'"(\w+(?:\.\w+)*)"', sources))
    made = {"nlb": {"IllegalParam", "MissingParam"}, "privatelink": {"IllegalParamFormat", "MissingParam"}}

    def can_be(action, code):
        prefix, _, parameter = code.partition(".")
        own = made.get(action.split(".")[0], {"InvalidParameter", "MissingParameter"})
        known = {name.lower() for name in table()[action]["parameters"]}
        return code in written or (prefix in own and parameter.lower() in known)

    return can_be


def refusals():
    """Documented refusals that have not been met."""
    can_be, met = answered(), {(action, code) for action, _, code in CALLS}
    for action, codes in DOCUMENTED.items():
        yield from (f"refusal {action} {code}" for code in codes if can_be(action, code) and (action, code) not in met)


@pytest.mark.parametrize("kind", [actions, parameters, refusals])
def test_everything_has_its_case(kind):
    uncovered = set(kind())
    patterns = [pattern for pattern, _, reason in LEFT_OUT if pattern.split()[0] + "s" == kind.__name__ and reason]
    missing = sorted(case for case in uncovered if not any(fnmatchcase(case, pattern) for pattern in patterns))
    assert not missing, f"{len(missing)} without a case:\n" + "\n".join(missing)
    needless = [pattern for pattern in patterns if not any(fnmatchcase(case, pattern) for case in uncovered)]
    assert not needless, "left_out.txt has lines that are not needed:\n" + "\n".join(needless)
