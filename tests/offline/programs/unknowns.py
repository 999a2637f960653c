"""What a preview knows, functions and reads."""

from typing import Any

import pulumi
import pulumi_libvirt as libvirt


class Maker(pulumi.CustomResource):
    made: pulumi.Output[str]
    given: pulumi.Output[Any]

    def __init__(self, name: str, given: pulumi.Input[object], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Maker", name, {"given": given, "made": None}, opts)


class Holder(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("test:index:Holder", name, {"size": 1})
        self.register_outputs({"size": 1})


first = Maker("first", {"list": [1, 2.5, None, True]})
holder = Holder("holder")
text = pulumi.Output.concat("a", first.made)
Maker("second", {"id": first.id, "made": first.made, "given": first.given, "text": text})
Maker("third", {"resource": first, "component": holder})
Maker("fourth", {"asset": pulumi.StringAsset("text"), "archive": pulumi.FileArchive("./folder")})
looked_up = pulumi.runtime.invoke("test:index:lookUp", {"name": "x", "password": pulumi.Output.secret("canary-arg")})
Maker("read", None, pulumi.ResourceOptions(id="read-id"))
libvirt.Network("net", addresses=["192.168.100.0/24"])
pulumi.export("looked", pulumi.Output.from_input(looked_up.value or {}))
pulumi.export("made", first.made)
pulumi.export("preview", pulumi.runtime.is_dry_run())
pulumi.export("place", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
