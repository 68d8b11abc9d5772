"""Everything that can be asked, through the official SDK's client, by an account of its own. `life.txt` says what.

Each request is asked for with every parameter that the table of actions calls without effect, and refused with each that it calls
refused.
"""

import base64
import json
import re
import subprocess
import uuid
from pathlib import Path

import pytest
from Tea.exceptions import TeaException

from record import parameters_of, table
from sdk import REGION, client_of, narrow, refused

HERE = Path(__file__).parent
LINES = [line.split() for line in (HERE.parent / "life.txt").read_text().splitlines()]
REFUSALS = [line for line in (HERE / "refusals.txt").read_text().splitlines() if line and line[0] != "#"]
# Parameters without effect that take only certain words.
IDLE = {
    "LoadBalancerBillingConfig.PayType": "PostPay",
    "Payer": "Endpoint",
    "SecSensorEnabled": "false",
}

# What a token that is taken for something else is called, by product or action.
OTHERWISE = {"Nlb": "IdempotenceSignatureMismatch", "ModifyInstanceSpec": "IdempotenceParamNotMatch"}

# What another region's HTTP status is, where it is documented otherwise.
ELSEWHERE = {"DeleteVpc": 400}

# An id of this cloud's own.
ID = re.compile(r"[a-z]+-[a-z0-9]{17,}(@80)?")
NOT_THERE = re.compile("Not_?Found|NotExist")
# Where another thing is the matter: a list is empty, a rule that is not there is revoked with success, and
# what already is is only said again.
INDIFFERENT = {
    ("RevokeSecurityGroup", "SourceGroupId"),
    ("RevokeSecurityGroup", "SourcePrefixListId"),
    ("RevokeSecurityGroupEgress", "DestPrefixListId"),
    ("RevokeSecurityGroupEgress", "DestGroupId"),
    ("DescribeNetworkInterfaces", "InstanceId"),
    ("ModifyInstanceVpcAttribute", "VpcId"),
    ("UpdateLoadBalancerZones", "ZoneMappings.1.VSwitchId"),
    ("UpdateLoadBalancerZones", "ZoneMappings.2.VSwitchId"),
}


class Request:
    """What is asked for, with everything that has no effect."""

    def __init__(self, client, action, parameters):
        self.client, self.action, self.parameters = client, action, parameters
        self.name = f"{client.name}.{action}"
        self.idle = {}
        for parameter in parameters_of(self.name, "no effect"):
            known = {key: word for key, word in IDLE.items() if key.split(".")[0] == parameter}
            self.idle |= known or {parameter: "1"}

    def asked(self, **more):
        """Every parameter."""
        parameters = {"RegionId": REGION} | self.idle | self.parameters | more
        return {key: str(value) for key, value in parameters.items()}

    def __call__(self, **more):
        return self.client.raw(self.action, **self.asked(**more))

    def refuse_each(self):
        """What is refused is, whatever else is asked; so is another region, and what is not there."""
        for parameter, it in parameters_of(self.name, "refused").items():
            with refused(it["code"]):
                self(**{parameter: "1"})
        with refused("InvalidRegionId.NotFound", ELSEWHERE.get(self.action, 404)):
            self(RegionId="cn-nowhere")
        for parameter, value in self.parameters.items():
            if ID.fullmatch(value) and (self.action, parameter) not in INDIFFERENT:
                with pytest.raises(TeaException) as told:
                    self(**{parameter: value[:-14] + 14 * "0", "DryRun": "true"})
                assert NOT_THERE.search(told.value.code), f"{self.name} {parameter}: {told.value.code}"


    def rehearse(self):
        """What would have worked says so, and nothing is told or changed."""
        with refused("DryRunOperation", 400):
            self(DryRun="true")


class Life:
    """A cloud, and the names of what is in it."""

    def __init__(self, sdk, limit, names):
        self.sdk, self.limit, self.names = sdk, limit, names

    def request(self, words):
        """What some words stand for."""
        product, action, *pairs = words
        parameters = dict(pair.split("=", 1) for pair in pairs)
        for name in sorted(self.names, key=len, reverse=True):
            parameters = {key: value.replace(f"${name}", self.names[name]) for key, value in parameters.items()}
        return Request(getattr(self.sdk, product.lower()), action, parameters)

    def get(self, words):
        request = self.request(words)
        request.refuse_each()
        request.rehearse()
        return request()

    def change(self, words):
        """A change, rehearsed, asked for twice with one token, and not taken for another with it."""
        request = self.request(words)
        assert table()[request.name]["writes"], words
        request.refuse_each()
        request.rehearse()
        token = str(uuid.uuid4())
        first, again = request(ClientToken=token), request(ClientToken=token)
        assert first.pop("RequestId") != again.pop("RequestId")
        assert first == again, words
        with refused(OTHERWISE.get(words[0]) or OTHERWISE.get(words[1], "IdempotentParameterMismatch")):
            request(ClientToken=token, AcceptLanguage="en-US")
        return first

    def never(self, words):
        """A change that is always refused, also as a rehearsal."""
        product, action, code, *pairs = words
        request = self.request([product, action, *pairs])
        request.refuse_each()
        for more in ({"DryRun": "true"}, {"ClientToken": str(uuid.uuid4())}):
            with refused(code):
                request(**more)

    def refuse(self, base, words):
        """What is refused with a code when something is asked otherwise, or may not be one more."""
        product, action, *pairs = base
        code, *others = words
        limits = [word.removeprefix("limit=") for word in others if word.startswith("limit=")]
        parameters = dict(pair.split("=", 1) for pair in pairs + others if not pair.startswith("limit="))
        request = self.request([product, action, *(f"{name}={value}" for name, value in parameters.items() if value)])
        for name in limits:
            self.limit(name, "0")
        try:
            with refused(code):
                request()
        finally:
            for name in limits:
                self.limit(name, "usual")

    def every_page(self, words):
        """A list, read whole and page by page."""
        words = words[: words.index("|")] if "|" in words else words
        product, action, path, id, *pairs = words
        request = self.request([product, action, *pairs])
        request.refuse_each()
        request.rehearse()
        identity = lambda item: [str(item[field]) for field in id.split(",")]
        items = lambda answer: sorted(map(identity, at(answer, path)))
        whole, ways = items(request()), parameters_of(request.name, "works").keys()
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
            it, other = (self.request([product, action, *given, f"{name}={value}"]) for value in values.split("|"))
            rest = {key: value for key, value in it.asked().items() if key != name}
            found = lambda answer: own in [str(item[key]) for item in at(answer, path)]
            narrow(it.client, action, name, [it.parameters[name], other.parameters[name]], found, **rest)

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


def at(answer, path):
    for step in path.strip("/").split("/"):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


@pytest.fixture(scope="module")
def life(sdk, operator):
    account = operator("account", "create", "life")
    they = client_of(sdk, operator("key", "create", account))
    limit = lambda name, number: operator("quota", "set", account, name, number)
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/stdout -subj /CN=shop.example -days 300"
    pem = subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout
    end = pem.index("-----BEGIN CERTIFICATE")
    # 45,000 bytes: more than user data or a command may have.
    long = base64.b64encode(bytes(45_000)).decode()
    much = {
        # More ids, tags and rules than a request may name, and texts: one too long, one that has no room for a number.
        "many": json.dumps([f"i-{n}" for n in range(101)]),
        "tags": json.dumps([{"Key": f"k{n}"} for n in range(21)]),
        "rules": json.dumps([{"IpProtocol": "tcp", "PortRange": f"{n}/{n}"} for n in range(1, 102)]),
        "tall": 257 * "x",
        "brink": 127 * "x",
    }
    return Life(they, limit, {"key": pem[:end], "chain": pem[end:], "long": long} | much)


def test_everything_that_can_be_asked(life):
    for words in LINES:
        if words and words[0] != "#":
            life.line(words)


def test_what_is_refused(life):
    for line in REFUSALS:
        words = line.split()
        if words[0] == "with":
            base = words[1:]
        elif line[0] == " ":
            life.refuse(base, words)
        else:
            life.line(words)
