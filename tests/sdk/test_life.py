"""Everything that can be asked, through the official SDK's client, by an account of its own. `life.txt` says what."""

import subprocess
import uuid
from pathlib import Path

import pytest

from sdk import client_of, every_page


LINES = [line.split() for line in (Path(__file__).parent.parent / "life.txt").read_text().splitlines()]


class Life:
    """A cloud, and the names of what is in it."""

    def __init__(self, sdk, names):
        self.sdk, self.names = sdk, names

    def request(self, words):
        """The client's function and the parameters that some words stand for."""
        product, action, *pairs = words
        parameters = dict(pair.split("=", 1) for pair in pairs)
        for name in sorted(self.names, key=len, reverse=True):
            parameters = {key: value.replace(f"${name}", self.names[name]) for key, value in parameters.items()}
        client = getattr(self.sdk, product.lower())
        texts = lambda pairs: {key: str(value) for key, value in pairs.items()}
        return lambda **more: client._generic(action, texts(parameters | more))

    def change(self, words):
        """A change, asked for twice with one token."""
        request, token = self.request(words), str(uuid.uuid4())
        first, again = request(ClientToken=token), request(ClientToken=token)
        assert first.pop("RequestId") != again.pop("RequestId")
        assert first == again, words
        return first

    def every_page(self, words):
        """A list, read whole and page by page."""
        words = words[: words.index("|")] if "|" in words else words
        product, action, path, id, *pairs = words
        request = self.request([product, action, *pairs])
        identity = lambda item: [str(item[field]) for field in id.split(",")]
        items = lambda answer: sorted(map(identity, at(answer, path)))
        whole = request()
        if "NextToken" in whole:
            size = {"MaxResult": 1} if action == "DescribeRouteEntryList" else {}
            assert sorted(every_page(lambda **more: request(**more, **size), items)) == items(whole), action
        if "PageNumber" in whole:
            found, number = [], 1
            while page := items(request(PageNumber=number, PageSize=1)):
                found, number = found + page, number + 1
            assert sorted(found) == items(whole), action


def at(answer, path):
    for step in path.strip("/").split("/"):
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    return answer


@pytest.fixture(scope="module")
def life(sdk, operator):
    they = client_of(sdk, operator("key", "create", operator("account", "create", "life")))
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/stdout -subj /CN=shop.example -days 30"
    pem = subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout
    end = pem.index("-----BEGIN CERTIFICATE")
    return Life(they, {"key": pem[:end], "chain": pem[end:]})


def test_everything_that_can_be_asked(life):
    for words in LINES:
        if not words or words[0] == "#" or words[0] in ("none", "single", "never"):
            continue
        if words[0] == "list":
            life.every_page(words[1:])
            if "|" in words:
                life.change(words[words.index("|") + 1 :])
            continue
        asked, _, kept = " ".join(words).partition(" -> ")
        asked = asked.split()
        answer = life.request(asked[1:])() if asked[0] == "get" else life.change(asked)
        for pair in kept.split():
            name, path = pair.split("=", 1)
            life.names[name] = str(at(answer, path))
