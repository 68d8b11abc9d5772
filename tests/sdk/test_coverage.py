"""The ratchet over the suite: every action, every parameter, every filter of a list, every documented refusal has had its case.
`left_out.txt` says what has none, and why.

`documented.json` has the codes that the cloud documents for an action, by HTTP status; all are asked for. `IllegalParam.%s` stands for any code
that begins so, and `InvalidParameter` for one that names the parameter too.
"""

import importlib
import inspect
import json
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from record import CALLS, NARROWED, REFUSALS, parameters_of, table

HERE = Path(__file__).parent
LIFE = [line.split() for line in (HERE.parent / "life.txt").read_text().splitlines()]
# How actions end that are always refused.
NEVER = {f"{words[1].lower()}.{words[2]}": words[3] for words in LIFE if words[:1] == ["never"]}
# What is inside of parameters that work, `Servers.Weight` for `Servers.N.Weight`, as the cloud's SDKs have it; with `!` what is refused.
NESTED = json.loads((HERE / "nested.json").read_text())
DOCUMENTED = json.loads((HERE / "documented.json").read_text())
# Which page of a list is asked for, and how large a page is.
PAGE = {"PageNumber", "CurrentPage", "PageNum", "PageSize", "ShowSize", "NextToken", "MaxResults", "MaxResult"}
# What every request takes, whatever it asks for.
COMMON = {"ClientToken", "DryRun", "RegionId"}
# Who asks for whom, and in which language: said once for every request.
OTHERS = {"OwnerAccount", "OwnerId", "ResourceOwnerAccount", "ResourceOwnerId", "AcceptLanguage"}
PACKAGES = [line.split("==")[0].replace("-", "_") for line in (HERE / "requirements.txt").read_text().splitlines()]
# Codes that are answered with the name of the parameter behind them.
NAMED = {"IllegalParam", "InvalidParameter", "MissingParam", "MissingParameter"}
LEFT_OUT = [line.partition(": ") for line in (HERE / "left_out.txt").read_text().splitlines() if line and line[0] != "#"]


def succeeded(action, code):
    return code == NEVER.get(action)


def actions():
    """Actions that have not succeeded."""
    done = {action for action, _, code in CALLS if succeeded(action, code)}
    return {f"action {action}" for action in table() if action not in done}


def tables():
    """Parameters of the SDKs' requests of which the table says nothing."""
    for action, it in table().items():
        product, name = action.split(".")
        package = next(package for package in PACKAGES if package.startswith(f"alibabacloud_{product}2"))
        request = getattr(importlib.import_module(f"{package}.models"), f"{name}Request", None)
        known = re.findall(r"m\.get\('(\w+)'\)", inspect.getsource(request.from_map)) if request else []
        for parameter in set(known) - it["parameters"].keys() - COMMON - OTHERS:
            yield f"table {action} {parameter}"


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
        works = parameters_of(action, "works").keys() - (set() if it["writes"] else {"ClientToken"})
        for name in works | parameters_of(action, "no effect").keys():
            if (action, name) not in sent:
                yield f"parameter {action} {name}"
        for name, param in parameters_of(action, "refused").items():
            if (action, name, param["code"]) not in refused:
                yield f"parameter {action} {name}"
    turned_away = {(action, name) for action, name, code in refused if code and code.endswith(name.rpartition(".")[2])}
    for action, names in NESTED.items():
        for name in names:
            if (action, name.removeprefix("!")) not in (turned_away if name[0] == "!" else sent):
                yield f"parameter {action} {name}"


def filters():
    """Filters of lists that have not been seen to find a thing by what it is, and to leave it out by what it is not."""
    for action, it in table().items():
        works = parameters_of(action, "works").keys()
        if not it["writes"] and works & PAGE:
            for name in works - PAGE - COMMON:
                if (action, name) not in NARROWED:
                    yield f"filter {action} {name}"


def refusals():
    """Documented refusals that have not been met, or only with another HTTP status."""
    for action, by_status in DOCUMENTED.items():
        answers = [(status, code) for asked, status, code in REFUSALS if asked == action]
        statuses = {}
        for status, codes in by_status.items():
            for code in codes:
                statuses.setdefault(code, set()).add(int(status))
        for documented, known in statuses.items():
            met = {status for status, code in answers if stands_for(documented, code)}
            exact = documented not in NAMED and not documented.endswith(".%s")
            if not met or (exact and not met <= known):
                yield f"refusal {action} {documented}"


def stands_for(documented, answer):
    """Whether an answer is what is documented, maybe with the name of a parameter or resource that the documentation leaves open."""
    open_end = documented.removesuffix(".%s") if documented.endswith(".%s") else documented if documented in NAMED else None
    return answer == documented or (open_end is not None and answer.startswith(open_end + "."))


@pytest.mark.parametrize("kind", [tables, actions, parameters, filters, refusals])
def test_everything_has_its_case(kind):
    uncovered = set(kind())
    patterns = [pattern for pattern, _, reason in LEFT_OUT if pattern.split()[0] + "s" == kind.__name__ and reason]
    missing = sorted(case for case in uncovered if not any(fnmatchcase(case, pattern) for pattern in patterns))
    assert not missing, f"{len(missing)} without a case:\n" + "\n".join(missing)
    needless = [pattern for pattern in patterns if not any(fnmatchcase(case, pattern) for case in uncovered)]
    assert not needless, "left_out.txt has lines that are not needed:\n" + "\n".join(needless)
