"""The stack as it is written; needs no account and nothing that `make setup` does not install."""

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from plugins.kubernetes import VERSIONS, documents, of_kind, schema_errors

PROJECT = Path(__file__).parents[2]
KUBERNETES = PROJECT / "deploy" / "kubernetes"
Template = dict[str, Any]


class Loader(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation: `!Ref x` becomes {"Ref": "x"}."""


def _short_form(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", _short_form)


@pytest.fixture
def template() -> Template:
    text = (PROJECT / "deploy" / "aws" / "stack.yaml").read_text(encoding="utf-8")
    loaded: Template = yaml.load(text, Loader)  # noqa: S506 (a SafeLoader)
    return loaded


def named(value: Any) -> Iterator[str]:
    """Yield every resource or parameter that a part of the template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from named(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in {"Ref", "GetAtt"}:
                yield item.partition(".")[0]
            elif key == "Sub":
                yield from (found.partition(".")[0] for found in re.findall(r"\$\{([^}]+)\}", item))
            else:
                yield from named(item)


def allowed(template: Template) -> Iterator[dict[str, Any]]:
    """Yield the statements by which the roles of the stack may do something."""
    for resource in template["Resources"].values():
        for policy in resource.get("Properties", {}).get("Policies", []):
            yield from policy["PolicyDocument"]["Statement"]


def weaknesses(template: Template) -> list[str]:
    """List what is open, unencrypted, changeable or too powerful."""
    resources = template["Resources"]
    bucket = resources["Bucket"]["Properties"]
    images = resources["Images"]["Properties"]
    network = resources["Cluster"]["Properties"]["ResourcesVpcConfig"]
    [tls] = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    closed = set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    refused = (tls["Effect"], tls["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    rules = {
        "the bucket can be made public": closed,
        "the bucket is not encrypted": "BucketEncryption" in bucket,
        "the bucket answers without TLS": refused,
        "an overwritten object is lost": bucket["VersioningConfiguration"]["Status"] == "Enabled",
        "the data goes with the stack": resources["Bucket"]["DeletionPolicy"] == "Retain",
        "a tag can be moved": images["ImageTagMutability"] == "IMMUTABLE",
        "images are not scanned": images["ImageScanningConfiguration"]["ScanOnPush"],
        "anybody reaches the API": "Default" not in template["Parameters"]["ApiCidr"],
        "nodes are in a public subnet": all(
            name.startswith("Private") for name in named(network["SubnetIds"])
        ),
    }
    return [problem for problem, kept in rules.items() if not kept] + list(excess(template))


def excess(template: Template) -> Iterator[str]:
    """Yield what the roles may do beyond named actions on the bucket."""
    for statement in allowed(template):
        actions = statement["Action"]
        if any("*" in action for action in ([actions] if isinstance(actions, str) else actions)):
            yield f"a role may do {actions}"
        if "Bucket" not in set(named(statement["Resource"])):
            yield "a role reaches more than the bucket"


def test_nothing_is_open_or_too_powerful(template: Template) -> None:
    assert list(allowed(template))
    assert weaknesses(template) == []


def move_tags(template: Template) -> None:
    template["Resources"]["Images"]["Properties"]["ImageTagMutability"] = "MUTABLE"


def open_the_api(template: Template) -> None:
    template["Parameters"]["ApiCidr"]["Default"] = "0.0.0.0/0"


def publish_nodes(template: Template) -> None:
    network = template["Resources"]["Cluster"]["Properties"]["ResourcesVpcConfig"]
    network["SubnetIds"].append({"Ref": "PublicSubnetA"})


def allow_all_of_s3(template: Template) -> None:
    next(allowed(template))["Action"] = "s3:*"


def reach_every_bucket(template: Template) -> None:
    next(allowed(template))["Resource"] = "*"


@pytest.mark.parametrize(
    ("weaken", "problem"),
    [
        (move_tags, "a tag can be moved"),
        (open_the_api, "anybody reaches the API"),
        (publish_nodes, "nodes are in a public subnet"),
        (allow_all_of_s3, "a role may do s3:*"),
        (reach_every_bucket, "a role reaches more than the bucket"),
    ],
)
def test_weakened_stack_is_noticed(
    template: Template,
    weaken: Callable[[Template], None],
    problem: str,
) -> None:
    weakened = copy.deepcopy(template)
    weaken(weakened)
    assert weaknesses(weakened) == [problem]


def test_every_reference_leads_somewhere(template: Template) -> None:
    known = {*template["Resources"], *template["Parameters"]}
    unknown = {name for name in named(template) if not name.startswith("AWS::")} - known
    assert unknown == set()
    before = {
        earlier
        for resource in template["Resources"].values()
        for earlier in [resource.get("DependsOn", [])]
        for earlier in ([earlier] if isinstance(earlier, str) else earlier)
    }
    assert before <= known


def test_private_subnets_lead_out_through_nat_only(template: Template) -> None:
    resources = template["Resources"]
    tables = {
        association["Properties"]["SubnetId"]["Ref"]: association["Properties"]["RouteTableId"]
        for association in resources.values()
        if association["Type"] == "AWS::EC2::SubnetRouteTableAssociation"
    }
    ways = {
        subnet: [
            key
            for route in resources.values()
            if route["Type"] == "AWS::EC2::Route"
            and route["Properties"]["RouteTableId"] == tables[subnet]
            for key in ("GatewayId", "NatGatewayId")
            if key in route["Properties"]
        ]
        for subnet, resource in resources.items()
        if resource["Type"] == "AWS::EC2::Subnet"
    }
    assert ways == {
        "PublicSubnetA": ["GatewayId"],
        "PublicSubnetB": ["GatewayId"],
        "PrivateSubnetA": ["NatGatewayId"],
        "PrivateSubnetB": ["NatGatewayId"],
    }


def test_role_belongs_to_the_service_account_of_the_manifests(template: Template) -> None:
    [account] = documents(KUBERNETES / "base" / "service-account.yaml")
    [namespace] = documents(KUBERNETES / "base" / "namespace.yaml")
    identity = template["Resources"]["PodIdentity"]["Properties"]
    trusted = template["Resources"]["PodRole"]["Properties"]["AssumeRolePolicyDocument"]
    [trust] = trusted["Statement"]
    asked = trust["Condition"]["StringEquals"]
    assert identity["ServiceAccount"] == account["metadata"]["name"]
    assert identity["Namespace"] == namespace["metadata"]["name"]
    assert asked["aws:RequestTag/kubernetes-service-account"] == identity["ServiceAccount"]
    assert asked["aws:RequestTag/kubernetes-namespace"] == identity["Namespace"]


def test_cluster_runs_a_release_that_the_manifests_are_checked_against(template: Template) -> None:
    def number(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    version = template["Parameters"]["KubernetesVersion"]["Default"]
    assert number(VERSIONS[0]) <= number(version) <= number(VERSIONS[-1])


def test_overlay_replaces_the_image_that_prod_names() -> None:
    [prod] = documents(KUBERNETES / "overlays" / "prod" / "kustomization.yaml")
    [aws] = documents(KUBERNETES / "overlays" / "prod-aws" / "kustomization.yaml")
    names = [image.get("newName", image["name"]) for image in prod["images"]]
    assert [image["name"] for image in aws["images"]] == names[:1]


def test_what_the_cluster_gets_once_fits_its_schema() -> None:
    manifests = documents(PROJECT / "deploy" / "aws" / "cluster.yaml")
    assert [error for manifest in manifests for error in schema_errors(manifest)] == []
    assert len(of_kind(manifests, "ConfigMap")) == len(of_kind(manifests, "StorageClass")) == 1
