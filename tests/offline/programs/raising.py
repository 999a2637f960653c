"""Fails in the way that the config asks for, after something was registered."""

import sys

import pulumi


class Thing(pulumi.CustomResource):
    def __init__(self, name: str, value: pulumi.Input[object] = None) -> None:
        super().__init__("test:index:Thing", name, {"value": value})


def fail(text: object) -> None:
    raise KeyError(f"lost {text}")


how = pulumi.Config().require("how")
first = Thing("first", 1)
if how == "body":
    fail(pulumi.Config().require("password"))
elif how == "apply":
    first.urn.apply(lambda _: fail("in a callback"))
elif how == "exit":
    sys.exit("no site")
elif how == "done":
    sys.exit(0)
elif how == "twice":
    Thing("first", 2)
elif how == "input":
    Thing("second", object())
