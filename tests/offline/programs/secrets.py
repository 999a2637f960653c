"""The canary, which the tests put into the config, in every place where a secret can stand."""

import pulumi
import pulumi_kubernetes as kubernetes

secret = pulumi.Config().require_secret("canary")
own = pulumi.Output.secret("own-" + "canary-98765")


class Box(pulumi.ComponentResource):
    def __init__(self, name: str, content: pulumi.Input[object]) -> None:
        super().__init__("test:index:Box", name, {"content": content, "nested": {"list": [content, 1]}})
        kubernetes.core.v1.Secret(
            f"{name}-secret", string_data={"password": secret}, opts=pulumi.ResourceOptions(parent=self)
        )
        self.register_outputs({"content": content, "deep": [{"content": content}]})


class Maker(pulumi.CustomResource):
    made: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Maker", name, {"made": "made-in-clear", "given": own}, opts)


maker = Maker("maker", pulumi.ResourceOptions(additional_secret_outputs=["made"]))
Box("plain", secret)
Box("deep", {"a": [{"b": secret}, own]})
Box("concat", pulumi.Output.concat("https://user:", secret, "@host"))
Box("json", pulumi.Output.json_dumps({"password": secret, "list": [own]}))
Box("applied", secret.apply(lambda text: [text.upper(), text]))
Box("made", maker.made)
# A program that forgets that its config is secret: the SDK hands the clear text out.
Box("forgot", {"url": f"https://user:{pulumi.Config().require('canary')}@host"})
own.apply(lambda text: pulumi.log.warn(f"the password is {text}"))
print("canary:", pulumi.Config().require("canary"))
pulumi.export("direct", secret)
pulumi.export("nested", {"list": [1, {"deep": secret}]})
pulumi.export("joined", pulumi.Output.concat("a", own))
pulumi.export("forgot", pulumi.Config().require("canary"))
pulumi.export("plain", "harmless")
