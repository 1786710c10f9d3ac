"""The stack, created against moto, which imitates AWS in this process.

moto creates network, roles, repository and bucket, and passes over what it does not know in templates
(with a warning each): cluster, add-on, Pod Identity, bucket policy, settings of the bucket, budget.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REASON = "moto is not installed (make cloud-setup)"
moto = pytest.importorskip("moto", reason=REASON)
boto3 = pytest.importorskip("boto3", reason=REASON)

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

STACK = "payments-loop"
TEMPLATE = Path(__file__).parents[2] / "deploy" / "aws" / "stack.yaml"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A session in an imitated account."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "imitated")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with moto.mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield boto3.Session(region_name="eu-west-1")


@pytest.fixture
def outputs(aws: Any) -> dict[str, str]:
    """What the stack says when it is complete."""
    formation = aws.client("cloudformation")
    parameters = {"ApiCidr": "203.0.113.4/32", "BudgetEmail": "ada@example.com"}
    formation.create_stack(
        StackName=STACK,
        TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    [stack] = formation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    return {found["OutputKey"]: found["OutputValue"] for found in stack["Outputs"]}


def test_stack_is_created(
    aws: Any,
    outputs: dict[str, str],
) -> None:
    network = aws.client("ec2")
    routes = [
        route
        for table in network.describe_route_tables()["RouteTables"]
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    ]
    [nat] = network.describe_nat_gateways()["NatGateways"]
    assert [route["NatGatewayId"] for route in routes if "NatGatewayId" in route] == [
        nat["NatGatewayId"]
    ]
    [images] = aws.client("ecr").describe_repositories()["repositories"]
    assert images["repositoryUri"] == outputs["RepositoryUri"]
    assert images["imageTagMutability"] == "IMMUTABLE"
    role = outputs["PodRoleArn"].rpartition("/")[2]
    assert aws.client("iam").list_role_policies(RoleName=role)["PolicyNames"] == ["bucket"]
    names = [found["Name"] for found in aws.client("s3").list_buckets()["Buckets"]]
    assert names == [outputs["BucketName"]]
