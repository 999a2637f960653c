"""Components three deep, resources in and under them, one made in a callback, one that depends on another."""

import pulumi


class Thing(pulumi.CustomResource):
    result: pulumi.Output[str]

    def __init__(
        self, name: str, value: pulumi.Input[object] = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("test:index:Thing", name, {"value": value, "result": None}, opts)


class Level(pulumi.ComponentResource):
    def __init__(self, name: str, depth: int, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"test:index:Level{depth}", name, {"depth": depth, "share": 0.5}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.thing = Thing(f"{name}-thing", depth, inside)
        if depth:
            Level(f"{name}-inner", depth - 1, inside)
        self.register_outputs({"depth": depth})


class Hasty(pulumi.ComponentResource):
    """Breaks the rule that register_outputs comes last, and does not call it in time."""

    def __init__(self, name: str) -> None:
        super().__init__("test:index:Hasty", name, {})
        self.register_outputs({})
        Thing(f"{name}-late", 1, pulumi.ResourceOptions(parent=self))


zebra = Thing("zebra", 1)
top = Level("top", 2)
# What it needs is there late, so its request gets through after those of the component.
slow = Thing("slow", zebra.result, pulumi.ResourceOptions(depends_on=[top]))
Thing("after", pulumi.Output.all(top.thing.urn, slow.urn).apply(len))
Hasty("hasty")
zebra.urn.apply(lambda _: Thing("called-back", 1))
pulumi.export("count", 3)
pulumi.export("top", top)
