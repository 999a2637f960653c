"""What goes past the metal3 chart: variables of Ironic's containers, and switches that are text."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import Finding
from dualstack.document.origins import format_path
from tests.rules.cases import changed, one, tell
from tests.sites import checked, found, told

METAL3 = ("charts", "metal3", "values")
ENV = (*METAL3, "metal3-ironic", "ironicExtraEnv")
AT = "charts.metal3.values.metal3-ironic.ironicExtraEnv"
V4, V6 = "192.168.100.10", "fd00:100::10"
SET_HOST = "remove it, and set the host in the chart's own values"
BMCS = ("provisioning", "bmcs")
BMC4 = {"name": "a", "address": "redfish-virtualmedia://192.168.200.12/redfish/v1/Systems/1"}
BMC6 = {"name": "b", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}


def env(mode: str = "address", /, **variables: Any) -> dict[str, Any]:
    return changed(mode, (variables, *ENV), ([BMC4, BMC6], *BMCS))


def findings(data: dict[str, Any]) -> list[Finding]:
    return [item for item in checked(data).findings if item.severity != "info"]


@pytest.mark.parametrize(
    ("name", "value", "rule", "severity", "fix"),
    [
        ("IRONIC_EXTERNAL_IP", V6, "DS202", "error", f'write "[{V6}]", or remove it'),
        ("IRONIC_EXTERNAL_IP", "http://x", "DS202", "error", "write an address or a name"),
        ("IRONIC_EXTERNAL_CALLBACK_URL", f"https://{V6}:6385", "DS202", "error", f"write https://[{V6}]:6385"),
        ("IRONIC_EXTERNAL_CALLBACK_URL", f"https://{V4}:6385,https://[{V6}]:6385", "DS202", "error",
         f"write https://{V4}:6385, which is one URL"),
        ("IRONIC_BASE_URL", f"https://{V6}", "DS202", "error", f"write https://[{V6}]"),
        ("IRONIC_BASE_URL", V4, "DS202", "error", "write a URL such as https://192.168.100.10:6385"),
        ("IRONIC_EXTERNAL_HTTP_URL", "http://:6180", "DS202", "error", "write the host, or remove it"),
        ("IRONIC_EXTERNAL_HTTP_URL", f"http://{V4}:618000", "DS202", "error", "write a URL such as https://192.168.100.10:6385"),
        ("IRONIC_EXTERNAL_HTTP_URL", "http://my_host:6180", "DS202", "error", "write an address or a name"),
        ("OS_DEPLOY__EXTERNAL_CALLBACK_URL", "ftp://x", "DS202", "error", "write a URL such as https://192.168.100.10:6385"),
        ("IRONIC_EXTERNAL_CALLBACK_URL", f"https://[{V6}]:6385", "DS203", "warning",
         f"remove it (both then call https://{V4}:6385), or set IRONIC_BASE_URL to https://[{V6}]:6385 beside it"),
        ("IRONIC_EXTERNAL_IP", f"[{V6}]", "DS203", "warning",
         f"remove it (both then call https://{V4}:6385), or set IRONIC_BASE_URL to https://[{V6}]:6385 beside it"),
        ("OS_DEPLOY__EXTERNAL_CALLBACK_URL", "https://i.example.com:6385", "DS203", "warning",
         f"remove it (both then call https://{V4}:6385), or set IRONIC_BASE_URL to https://i.example.com:6385 "
         "beside it"),
        ("LISTEN_ALL_INTERFACES", "false", "DS069", "error", f"remove {AT}.LISTEN_ALL_INTERFACES"),
        ("LISTEN_ALL_INTERFACES", "no", "DS069", "error", f"remove {AT}.LISTEN_ALL_INTERFACES"),
        ("HTTP_PORT", "8080", "DS204", "error", "remove it"),
        ("IRONIC_ACCESS_PORT", "6386", "DS204", "error", "remove it"),
        ("IRONIC_LISTEN_PORT", "6386", "DS204", "error", "remove it"),
        ("PROVISIONING_IP", "192.168.100.99", "DS205", "warning", SET_HOST),
        ("IRONIC_IP", V6, "DS205", "warning", SET_HOST),
        ("IRONIC_URL_HOSTNAME", "ironic.example.com", "DS205", "warning", SET_HOST),
        ("IRONIC_IP", f"[{V6}]", "DS064", "error", f"write {V6}"),
        ("IRONIC_IP", "ironic.example.com", "DS064", "error", None),
        ("IRONIC_BASE_URL", "https://192.168.100.99:6385", "DS065", "warning", "remove it"),
        ("IRONIC_URL_HOST", V4, "DS062", "warning", "remove it"),
        ("IRONIC_EXTERNAL_URL_V6", f"http://[{V6}]:6180", "DS062", "warning", "remove it"),
        ("LISTEN_ON_ALL", "true", "DS062", "warning", "remove it"),
        ("IPA_INSECURE", "0", "DS062", "warning", "remove it"),
        ("LISTEN_ALL_INTERFACES", False, "DS201", "error", "remove it, or write its text in quotes"),
        ("LISTEN_ALL_INTERFACES", True, "DS201", "error", 'write "true"'),
        ("HTTP_PORT", 6180, "DS201", "error", 'write "6180"'),
        ("PREDICTABLE_NIC_NAMES", "false", "DS128", "info", "remove it, if that was not meant"),
        ("IRONIC_REVERSE_PROXY_SETUP", "false", "DS128", "info", "remove it, if that was not meant"),
        ("IRONIC_IP", None, "DS201", "error", "remove it, or write its text in quotes"),
        ("IRONIC_IP", [V4], "DS201", "error", "remove it, or write its text in quotes"),
    ],
)  # fmt: skip
def test_a_variable_goes_past_no_rule(name: str, value: Any, rule: str, severity: str, fix: str | None) -> None:
    told_of = tell(env(**{name: value}), rule)
    assert told_of[:2] == (severity, f"{AT}.{name}")
    assert fix is None or told_of[2] == fix


@pytest.mark.parametrize("mode", ["address", "hostname"])
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"IRONIC_AUTOMATED_CLEAN": "false", "OS_DEFAULT__DEBUG": "false", "HTTP_PORT": "6180"},
        {"LISTEN_ALL_INTERFACES": "True"},
        {"LISTEN_ALL_INTERFACES": ""},
        {"IRONIC_EXTERNAL_CALLBACK_URL": ""},
    ],
)
def test_healthy_variables(mode: str, variables: dict[str, str]) -> None:
    assert told(env(mode, **variables)) == []


def test_healthy_urls() -> None:
    own = {"IRONIC_IP": V4, "IRONIC_BASE_URL": f"https://{V4}:6385", "IRONIC_EXTERNAL_HTTP_URL": f"http://{V4}:6180/"}
    assert told(env(**own, OS_DEPLOY__EXTERNAL_CALLBACK_URL=f"https://{V4}:6385")) == []


def test_both_callbacks_moved_together_are_one_place() -> None:
    url = f"https://[{V6}]:6385"
    assert found(env(IRONIC_BASE_URL=url, IRONIC_EXTERNAL_CALLBACK_URL=url), "DS203") == []


@pytest.mark.parametrize(("release", "split"), [("3.4", True), ("3.5", True), ("3.6", False)])
def test_whether_inspection_follows_depends_on_the_charts_ironic(release: str, split: bool) -> None:
    data = env(IRONIC_EXTERNAL_CALLBACK_URL=f"https://[{V6}]:6385") | {"release": release}
    assert bool(found(data, "DS203")) is split
    plan = checked(data).plan
    assert plan is not None
    host = V4 if split else f"[{V6}]"
    assert {bmc.inspection_url for bmc in plan.bmcs} == {f"https://{host}:6385/v1/continue_inspection"}


def test_plan_and_ds079_take_the_effective_callback() -> None:
    data = env(IRONIC_EXTERNAL_CALLBACK_URL=f"https://[{V6}]:6385")
    plan = checked(data).plan
    assert plan is not None
    assert {(bmc.callback_url, bmc.inspection_url) for bmc in plan.bmcs} == {
        (f"https://[{V6}]:6385", f"https://{V4}:6385/v1/continue_inspection")
    }
    messages = {format_path(item.path): item.message for item in found(data, "DS079")}
    assert f"calls https://[{V6}]:6385" in messages["provisioning.bmcs[0].address"]
    assert f"calls https://{V4}:6385/v1/continue_inspection" in messages["provisioning.bmcs[1].address"]


def test_the_option_itself_wins_over_the_images_variable() -> None:
    plan = checked(
        env(
            OS_SERVICE_CATALOG__ENDPOINT_OVERRIDE=f"https://[{V6}]:6385",
            IRONIC_BASE_URL=f"https://{V4}:6385",
            OS_DEPLOY__EXTERNAL_HTTP_URL=f"http://[{V6}]:6180",
        )
    ).plan
    assert plan is not None
    assert plan.ironic is not None
    assert (plan.ironic.api_url, plan.ironic.inspection_url) == (
        f"https://[{V6}]:6385",
        f"https://[{V6}]:6385/v1/continue_inspection",
    )
    assert (plan.ironic.external_url, plan.ironic.rendered_url) == (f"http://[{V6}]:6180", f"http://{V4}:6180")


def test_media_of_another_family_by_a_variable() -> None:
    data = env(IRONIC_EXTERNAL_HTTP_URL=f"http://[{V6}]:6180")
    finding = one(data, "DS067")
    assert (format_path(finding.path), finding.fix) == (
        f"{AT}.IRONIC_EXTERNAL_HTTP_URL",
        f"remove {AT}.IRONIC_EXTERNAL_HTTP_URL",
    )


@pytest.mark.parametrize(
    ("keys", "value", "fix"),
    [
        (("metal3-ironic", "listenOnAll"), "false", "write false, without quotes"),
        (("metal3-ironic", "listenOnAll"), "true", "write true, without quotes"),
        (("metal3-ironic", "listenOnAll"), 0, "write false, without quotes"),
        (("global", "enable_vmedia_tls"), "false", "write false, without quotes"),
        (("global", "enable_tls"), "yes", "write true, without quotes"),
        (("global", "enable_dnsmasq"), "off", "write false, without quotes"),
        (("global", "additionalTrustedCAs"), [True], "remove it"),
    ],
)
def test_a_switch_that_is_text(keys: tuple[str, ...], value: Any, fix: str) -> None:
    path = format_path((*METAL3, *keys))
    assert tell(changed("address", (value, *METAL3, *keys)), "DS200") == ("error", path, fix)


@pytest.mark.parametrize("value", [True, None])
def test_a_switch_that_is_none_or_null(value: bool | None) -> None:
    assert found(changed("address", (value, *METAL3, "metal3-ironic", "listenOnAll")), "DS200") == []
    assert found(changed("address", (value, *METAL3, "metal3-ironic", "listenOnAll")), "DS069") == []


def test_text_false_is_off() -> None:
    assert len(found(changed("address", ("false", *METAL3, "metal3-ironic", "listenOnAll")), "DS069")) == 1


def test_a_chart_that_reads_no_variables() -> None:
    data = env(HTTP_PORT="8080")
    data["charts"]["metal3"]["version"] = "304.0.0+up0.12.7"
    assert tell(data, "DS062")[:2] == ("warning", AT)
    assert found(data, "DS204") == []


def test_vmedia_port() -> None:
    data = env(VMEDIA_TLS_PORT="8083")
    assert found(data, "DS204") == []
    data["provisioning"]["vmediaTls"] = True
    assert tell(data, "DS204")[:2] == ("error", f"{AT}.VMEDIA_TLS_PORT")


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ([{"name": "IRONIC_FAST_TRACK", "value": "false"}], 'write {IRONIC_FAST_TRACK: "false"}'),
        (["IRONIC_FAST_TRACK=false"], "remove it, or write a mapping of names and texts"),
        ("IRONIC_FAST_TRACK=false", "remove it, or write a mapping of names and texts"),
        (5, "remove it, or write a mapping of names and texts"),
    ],
)
def test_variables_that_are_no_mapping(value: Any, fix: str) -> None:
    assert tell(changed("address", (value, *ENV)), "DS201") == ("error", AT, fix)


def test_a_list_is_told_as_a_list_alone() -> None:
    told_of = [
        finding for finding in findings(env(IRONIC_EXTERNAL_IP=[V4])) if finding.path[-1] == "IRONIC_EXTERNAL_IP"
    ]
    assert [finding.rule.id for finding in told_of] == ["DS201-environment-text"]


def test_what_nobody_can_read_leads_nowhere() -> None:
    assert found(env(IRONIC_EXTERNAL_IP=V6), "DS203") == []
    assert found(env(IRONIC_EXTERNAL_IP=f"[{V6}]"), "DS203")


@pytest.mark.parametrize(("name", "value"), [("LISTEN_ALL_INTERFACES", False), ("IRONIC_ACCESS_PORT", 6386)])
def test_what_is_refused_as_text_is_not_to_be_text(name: str, value: Any) -> None:
    assert tell(env(**{name: value}), "DS201")[2] == "remove it, or write its text in quotes"


@pytest.mark.parametrize(
    "keys", [(*ENV, "IRONIC_KERNEL_PARAMS"), (*METAL3, "metal3-ironic", "global", "ironicKernelParams")]
)
def test_ramdisk_without_ipv6(keys: tuple[str, ...]) -> None:
    severity, path, fix = tell(changed("address", ("console=ttyS0 ipv6.disable=1", *keys)), "DS141")
    assert (severity, path, fix) == ("warning", format_path(keys), "write console=ttyS0")
    assert found(changed("address", ("console=ttyS0 ipv6.disable=0", *keys)), "DS141") == []


@pytest.mark.parametrize("value", ["x", None, [], 5])
def test_global_that_is_no_mapping(value: Any) -> None:
    finding = one(changed("address", (value, *METAL3, "global")), "DS060")
    assert finding.fix == "remove charts.metal3.values.global"
