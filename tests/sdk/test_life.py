"""Everything that can be asked, through the official SDK's client, by an account of its own. `life.txt` says what.

Each request is asked for with every parameter that the table of actions calls without effect, and refused with each that it calls
refused.
"""

import subprocess
import uuid
from pathlib import Path

import pytest

from record import parameters_of, table
from sdk import REGION, client_of, refused

LINES = [line.split() for line in (Path(__file__).parent.parent / "life.txt").read_text().splitlines()]
# Parameters without effect that take only certain words.
IDLE = {
    "LoadBalancerBillingConfig.PayType": "PostPay",
    "Payer": "Endpoint",
    "SecSensorEnabled": "false",
}


class Life:
    """A cloud, and the names of what is in it."""

    def __init__(self, sdk, names):
        self.sdk, self.names = sdk, names

    def request(self, words):
        """The client's function, the action's name in the table, and the parameters that some words stand for."""
        product, action, *pairs = words
        parameters = dict(pair.split("=", 1) for pair in pairs) | {"RegionId": REGION}
        for name in sorted(self.names, key=len, reverse=True):
            parameters = {key: value.replace(f"${name}", self.names[name]) for key, value in parameters.items()}
        client, name = getattr(self.sdk, product.lower()), f"{product.lower()}.{action}"
        idle = {}
        for parameter in parameters_of(name, "no effect"):
            known = {key: word for key, word in IDLE.items() if key.split(".")[0] == parameter}
            idle |= known or {parameter: "1"}
        parameters = idle | parameters
        return lambda **more: client.raw(action, **(parameters | {key: str(value) for key, value in more.items()})), name

    def get(self, words):
        """What is read, after a refusal of each parameter that is refused."""
        request, name = self.request(words)
        refuse_each(request, name)
        return request()

    def change(self, words):
        """A change, rehearsed, and asked for twice with one token."""
        request, name = self.request(words)
        assert table()[name]["writes"], words
        refuse_each(request, name)
        with refused("DryRunOperation", 400):
            request(DryRun="true")
        token = str(uuid.uuid4())
        first, again = request(ClientToken=token), request(ClientToken=token)
        assert first.pop("RequestId") != again.pop("RequestId")
        assert first == again, words
        return first

    def never(self, words):
        """A change that is always refused, also as a rehearsal."""
        product, action, code, *pairs = words
        request, name = self.request([product, action, *pairs])
        refuse_each(request, name)
        for more in ({"DryRun": "true"}, {"ClientToken": str(uuid.uuid4())}):
            with refused(code):
                request(**more)

    def every_page(self, words):
        """A list, read whole and page by page."""
        words = words[: words.index("|")] if "|" in words else words
        product, action, path, id, *pairs = words
        request, name = self.request([product, action, *pairs])
        refuse_each(request, name)
        identity = lambda item: [str(item[field]) for field in id.split(",")]
        items = lambda answer: sorted(map(identity, at(answer, path)))
        whole, ways = items(request()), parameters_of(name, "works").keys()
        for number, size in (("PageNumber", "PageSize"), ("CurrentPage", "ShowSize"), ("PageNum", "PageSize")):
            if number in ways:
                found = []
                while page := items(request(**{number: len(found) + 1, size: 1})):
                    found += page
                assert sorted(found) == whole, action
        if "NextToken" in ways:
            size = "MaxResult" if "MaxResult" in ways else "MaxResults"
            found, token = [], {}
            while True:
                answer = request(**token, **{size: 1})
                found += items(answer)
                # Of the list itself, or of what holds it.
                told = answer.get("NextToken", answer.get(path.split("/")[1]))
                token = {"NextToken": told["NextToken"] if isinstance(told, dict) else told}
                if not token["NextToken"]:
                    break
            assert sorted(found) == whole, action

    def narrow(self, words):
        """A list, narrowed by one filter at a time: to what the item is, and to what it is not."""
        product, action, path, own, *pairs = words
        key, own = own.split("=", 1)
        given = [pair for pair in pairs if "|" not in pair]
        own = self.names[own[1:]] if own[0] == "$" else own
        for filter in (pair for pair in pairs if "|" in pair):
            name, _, values = filter.partition("=")
            for value, wanted in zip(values.split("|"), (True, False)):
                if value == "":
                    continue
                request, _ = self.request([product, action, *given, f"{name}={value}"])
                found = [str(item[key]) for item in at(request(), path)]
                assert (own in found) == wanted, f"{action} {name}={value}: {found}"


    def line(self, words):
        """What a line says."""
        match words:
            case ["list", *words]:
                self.every_page(words)
                if "|" in words:
                    self.change(words[words.index("|") + 1 :])
            case ["none", product, action, path, *pairs]:
                assert at(self.get([product, action, *pairs]), path) == [], action
            case ["single", product, action, path, *pairs]:
                assert len(at(self.get([product, action, *pairs]), path)) == 1, action
            case ["filter", *words]:
                self.narrow(words)
            case ["never", *words]:
                self.never(words)
            case _:
                asked, _, kept = " ".join(words).partition(" -> ")
                asked = asked.split()
                answer = self.get(asked[1:]) if asked[0] == "get" else self.change(asked)
                for pair in kept.split():
                    name, path = pair.split("=", 1)
                    self.names[name] = str(at(answer, path))


def refuse_each(request, name):
    """Each parameter that is refused is refused, whatever else is asked."""
    for parameter, it in parameters_of(name, "refused").items():
        with refused(it["code"]):
            request(**{parameter: "1"})


def at(answer, path):
    for step in path.strip("/").split("/"):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


@pytest.fixture(scope="module")
def life(sdk, operator):
    they = client_of(sdk, operator("key", "create", operator("account", "create", "life")))
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/stdout -subj /CN=shop.example -days 300"
    pem = subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout
    end = pem.index("-----BEGIN CERTIFICATE")
    return Life(they, {"key": pem[:end], "chain": pem[end:]})


def test_everything_that_can_be_asked(life):
    for words in LINES:
        if words and words[0] != "#":
            life.line(words)
