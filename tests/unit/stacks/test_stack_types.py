"""The types that are made here, held to CloudFormation's own schemas."""

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.stacks import known_types, unkept, why_not
from harness.stacks.registry import kinds
from harness.stacks.schema import schemas
from harness.templates.model import Resource, Template

# Of their own: nothing behind them, or another language's.
OWN = {"AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle", "Terraform::S3::Object"}


def test_every_type_has_its_schema() -> None:
    """Nothing is made whose properties nobody knows."""
    assert known_types() - OWN - schemas().keys() == set()
    assert len(known_types()) >= 75


def test_what_replaces_a_resource_is_what_the_registry_says() -> None:
    """schema.json agrees with the schemas of the cfn-lint that is installed, in all that replaces."""
    for type_, kept in schemas().items():
        told = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
        names = {path.removeprefix("/properties/") for path in told.get("createOnlyProperties", [])}
        assert kept.replaces == {name for name in names if "/" not in name}, type_


def test_twins_are_properties_of_their_types() -> None:
    """What tells two resources apart can be read in a template."""
    for kind in kinds().values():
        known = schemas().get(kind.type)
        if known is not None:
            assert set(kind.twins) | kind.unused <= known.properties, kind.type


def test_properties_that_nothing_comes_of_are_told() -> None:
    """With their line."""
    bucket = Resource(
        "B", "AWS::S3::Bucket", {"BucketName": "b", "AccessControl": "Private"}, file="t", line=3
    )
    (told,) = unkept(Template("cloudformation", "t", "s", {"B": bucket}))
    assert str(told) == "t:3: B (AWS::S3::Bucket): AccessControl is taken and nothing comes of it here"


def test_types_that_are_not_made_are_refused_with_a_reason() -> None:
    """Half a sentence that helps."""
    assert why_not("AWS::SQS::Queue") == ""
    assert "spot" in why_not("AWS::EC2::SpotFleet")
    assert "code of its own" in why_not("Custom::Thing")
    assert "not among" in why_not("AWS::No::Such")
