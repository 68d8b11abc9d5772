"""The official SDKs, called by the names that the API has: `vpc.CreateVpc(VpcName="a")` gives the answer as a dict.

Requests and answers pass through the SDKs' own classes, so a field that they do not know is lost on the way, and one of
the wrong type is an error.
"""

import importlib
import json
import time
from contextlib import contextmanager

from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from record import NARROWED, recorded

REGION = "cn-hangzhou"
ZONES = ["cn-hangzhou-g", "cn-hangzhou-k"]
# Longest wait for a status, seconds.
PATIENCE = 60
# Parameters whose keys are the caller's own: they travel as one JSON text.
MAPS = {"Parameters"}


class Product:
    """One product's client."""

    def __init__(self, package, address, key="dev", secret="dev", protocol="http", token=None):
        self.name, date = package.removeprefix("alibabacloud_")[:-8], package[-8:]
        self._version = f"{date[:4]}-{date[4:6]}-{date[6:]}"
        self._models = importlib.import_module(f"{package}.models")
        client = importlib.import_module(f"{package}.client").Client
        self._client = client(
            Config(
                access_key_id=key,
                access_key_secret=secret,
                security_token=token,
                endpoint=address,
                protocol=protocol,
                region_id=REGION,
            )
        )
        self._methods = {name.replace("_", ""): name for name in dir(client) if not name.startswith("_")}

    def __getattr__(self, action):
        if action.lower() not in self._methods:
            return lambda **parameters: self.raw(action, **parameters)
        method = getattr(self._client, self._methods[action.lower()])
        request = getattr(self._models, f"{action}Request", None)
        name = f"{self.name}.{action}"

        def call(**parameters):
            if request is None:
                with recorded(name, {}):
                    return method().body.to_map()
            if hasattr(request(), "region_id"):
                parameters.setdefault("RegionId", REGION)
            filled = request().from_map(parameters)
            with recorded(name, filled.to_map()):
                return method(filled).body.to_map()

        return call

    def raw(self, action, **parameters):
        """Any action with any parameters, through what all SDKs share."""
        what = Params(
            action=action, version=self._version, protocol="HTTP", method="POST", auth_type="AK", style="RPC",
            pathname="/", req_body_type="formData", body_type="json",
        )
        with recorded(f"{self.name}.{action}", parameters):
            return self._client.call_api(what, OpenApiRequest(query=flat(parameters)), RuntimeOptions())["body"]


def flat(value, name=""):
    """Parameters as they travel: `Zone.1.ZoneId`."""
    if name in MAPS and isinstance(value, dict):
        return {name: json.dumps(value)}
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else key, inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}.{number}", inner) for number, inner in enumerate(value, 1)]
    else:
        return {name: str(value).lower() if isinstance(value, bool) else value}
    return {key: text for inner_name, inner in pairs for key, text in flat(inner, inner_name).items()}


class Sdk:
    """Every product's client."""

    def __init__(self, address, **options):
        self.address = address
        self.bssopenapi = Product("alibabacloud_bssopenapi20171214", address, **options)
        self.cas = Product("alibabacloud_cas20200407", address, **options)
        self.ecs = Product("alibabacloud_ecs20140526", address, **options)
        self.location = Product("alibabacloud_location20150612", address, **options)
        self.nlb = Product("alibabacloud_nlb20220430", address, **options)
        self.privatelink = Product("alibabacloud_privatelink20200415", address, **options)
        self.pvtz = Product("alibabacloud_pvtz20180101", address, **options)
        self.resourcemanager = Product("alibabacloud_resourcemanager20200331", address, **options)
        self.sts = Product("alibabacloud_sts20150401", address, **options)
        self.vpc = Product("alibabacloud_vpc20160428", address, **options)


def client_of(sdk, printed):
    """`Access key ID, secret SECRET: shown only now.`"""
    words = printed.replace(",", "").replace(":", "").split()
    return Sdk(sdk.address, key=words[2], secret=words[4])


@contextmanager
def refused(code, status=None):
    """What happens inside must be refused with this code, and with this HTTP status if one is given."""
    try:
        yield
    except TeaException as error:
        given = (error.code, error.data.get("statusCode") if status else None)
        assert given == (code, status), f"{error.code}: {error.message}"
    else:
        raise AssertionError(f"not refused; {code} was expected")


def until(wanted, ask):
    """Asks until the answer is the wanted one; says what it was when it does not come."""
    end = time.monotonic() + PATIENCE
    while (answer := ask()) != wanted:
        assert time.monotonic() < end, f"{answer!r} instead of {wanted!r} after {PATIENCE} s"
        time.sleep(0.05)


def narrow(product, action, filter, values, found, **given):
    """A filter of a list: what is `found` in an answer is with the first of two values, and is not with the second."""
    for value, wanted in zip(values, (True, False), strict=True):
        asked = {filter: value}
        until((action, asked, wanted), lambda: (action, asked, bool(found(product.raw(action, **given, **asked)))))
    NARROWED.add((f"{product.name}.{action}", filter.split(".")[0]))


def every_page(call, items, size=1, **parameters):
    """All items of a list, page by page, by NextToken."""
    token, found = "", []
    while True:
        answer = call(MaxResults=size, **({"NextToken": token} if token else {}), **parameters)
        page = items(answer)
        assert len(page) <= size
        found += page
        token = answer.get("NextToken")
        if not token:
            return found


def every_numbered_page(call, items, size=1, **parameters):
    """All items of a list, page by page, by PageNumber."""
    number, found = 1, []
    while True:
        answer = call(PageNumber=number, PageSize=size, **parameters)
        assert (answer["PageNumber"], answer["PageSize"]) == (number, size)
        page = items(answer)
        found += page
        if len(found) == answer["TotalCount"]:
            return found
        assert len(page) == size
        number += 1
