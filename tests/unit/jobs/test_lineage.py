"""Lineage goes from the data to the endpoint and back."""

from typing import Any

import pytest

from harness.jobs.lineage import Entity, Kind, Lineage, Wanted, wanted_in
from harness.jobs.lineage_auto import Part, component_name, parts_of, parts_of_model
from harness.jobs.unacceptable import Unacceptable


def entity(name: str, kind: Kind = "Artifact", type_: str = "DataSet", at: float = 0.0) -> Entity:
    return Entity(name, kind, name, type_, f"s3://b/{name}", at, at, {"owner": name})


def chain() -> Lineage:
    """data -> job -> model -> deployment -> endpoint, and other data that the model has nothing of."""
    lineage = Lineage()
    lineage.add(entity("data", at=1.0))
    lineage.add(entity("other", at=2.0))
    lineage.add(entity("job", "TrialComponent", "SageMakerTrainingJob", at=3.0))
    lineage.add(entity("model", type_="Model", at=4.0))
    lineage.add(entity("deployment", "Action", "ModelDeployment", at=5.0))
    lineage.add(entity("endpoint", "Context", "Endpoint", at=6.0))
    for source, destination, kind in (
        ("data", "job", "ContributedTo"),
        ("job", "model", "Produced"),
        ("model", "deployment", "ContributedTo"),
        ("deployment", "endpoint", "AssociatedWith"),
    ):
        lineage.associate(source, destination, kind, 9.0)
    return lineage


def found(lineage: Lineage, start: str, direction: Any, depth: int = 10, **wanted: Any) -> list[str]:
    return [one.name for one in lineage.query([start], direction, Wanted(**wanted), depth=depth)[0]]


def test_an_endpoint_is_traced_to_its_data() -> None:
    """Nearest first; what has no part in it is not found."""
    assert found(chain(), "endpoint", "Ascendants") == ["deployment", "model", "job", "data"]
    assert found(chain(), "endpoint", "Ascendants", types=("DataSet",)) == ["data"]
    assert found(chain(), "endpoint", "Ascendants", kinds=("TrialComponent",)) == ["job"]


def test_data_is_traced_to_its_endpoints() -> None:
    """And only as deep as asked."""
    assert found(chain(), "data", "Descendants") == ["job", "model", "deployment", "endpoint"]
    assert found(chain(), "data", "Descendants", depth=2) == ["job", "model"]
    assert found(chain(), "data", "Ascendants") == []


def test_both_directions_do_not_turn_round() -> None:
    """A sibling, reached by going up and then down, is no relative."""
    lineage = chain()
    lineage.associate("other", "model", "DerivedFrom", 9.0)
    assert found(lineage, "job", "Both") == ["data", "model", "deployment", "endpoint"]
    assert found(lineage, "model", "Both") == ["job", "other", "data", "deployment", "endpoint"]


def test_a_circle_is_walked_once() -> None:
    """And has all its edges."""
    lineage = chain()
    lineage.associate("endpoint", "data", "DerivedFrom", 9.0)
    entities, edges = lineage.query(["data"], "Descendants", Wanted())
    assert [one.name for one in entities] == ["job", "model", "deployment", "endpoint"]
    assert len(edges) == 5


def test_a_query_without_a_start_looks_at_everything() -> None:
    """Filters are by type, moment and property."""
    lineage = chain()

    def names(**wanted: Any) -> list[str]:
        return [one.name for one in lineage.query([], "Both", Wanted(**wanted))[0]]

    assert names(created_after=3.0, created_before=5.0) == ["model"]
    assert names(modified_after=5.0) == ["endpoint"]
    assert names(modified_before=2.0) == ["data"]
    assert names(properties=(("owner", "job"),)) == ["job"]


def test_filters_are_read_as_the_api_has_them() -> None:
    """Moments become model seconds."""
    given = {"Types": ["Model"], "LineageTypes": ["Artifact"], "CreatedAfter": 5, "Properties": {"a": "b"}}
    assert wanted_in(given, float) == Wanted(
        ("Model",), ("Artifact",), created_after=5.0, properties=(("a", "b"),)
    )


def test_there_is_one_artifact_for_each_address() -> None:
    """Names of other entities are taken once."""
    lineage = chain()
    again = Entity("again", "Artifact", "again", "Model", "s3://b/data", 7.0, 7.0)
    assert lineage.add(again).arn == "data"
    assert lineage.find("again") is None
    assert [one.name for one in lineage.of("Artifact")] == ["data", "other", "model"]
    with pytest.raises(Unacceptable) as refused:
        lineage.add(Entity("arn", "Context", "endpoint", "Endpoint", "x", 7.0, 7.0))
    assert refused.value.code == "ResourceInUse"


def test_entities_with_associations_stay() -> None:
    """They are deleted after them."""
    lineage = chain()
    lineage.remove("other")
    with pytest.raises(Unacceptable, match="delete these first"):
        lineage.remove("endpoint")
    lineage.dissociate("deployment", "endpoint")
    lineage.remove("endpoint")
    assert len(lineage.associations()) == 3
    for wrong in (lambda: lineage.dissociate("a", "b"), lambda: lineage.get("endpoint")):
        with pytest.raises(Unacceptable) as refused:
            wrong()
        assert refused.value.code == "ResourceNotFound"


def test_an_association_is_there_once() -> None:
    """And has two ends."""
    lineage = chain()
    assert lineage.associate("data", "job", "Produced", 10.0).type == "ContributedTo"
    with pytest.raises(Unacceptable, match="must differ"):
        lineage.associate("data", "data", "SameAs", 10.0)


def test_a_training_job_has_its_image_its_channels_and_its_model() -> None:
    """Each address once; what is not there is left out."""
    channel = {"DataSource": {"S3DataSource": {"S3Uri": "s3://b/train"}}}
    described = {
        "AlgorithmSpecification": {"TrainingImage": "image"},
        "InputDataConfig": [channel, channel, {"DataSource": {}}],
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/model.tar.gz"},
        "CheckpointConfig": {"S3Uri": "s3://b/checkpoints"},
    }
    assert parts_of("training", described) == [
        Part("Image", "image", False),
        Part("DataSet", "s3://b/train", False),
        Part("Model", "s3://b/model.tar.gz", True),
        Part("Checkpoint", "s3://b/checkpoints", True),
    ]
    assert parts_of("training", {}) == []
    assert component_name("training", "fit") == "fit-aws-training-job"


def test_processing_and_transform_jobs_have_inputs_and_outputs() -> None:
    """As the guide lists them."""
    processing = {
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingInputs": [{"S3Input": {"S3Uri": "s3://b/in"}}],
        "ProcessingOutputConfig": {"Outputs": [{"S3Output": {"S3Uri": "s3://b/out"}}]},
    }
    assert [(one.source_uri, one.produced) for one in parts_of("processing", processing)] == [
        ("image", False),
        ("s3://b/in", False),
        ("s3://b/out", True),
    ]
    transform = {
        "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://b/rows"}}},
        "TransformOutput": {"S3OutputPath": "s3://b/answers"},
    }
    assert [(one.source_uri, one.produced) for one in parts_of("transform", transform)] == [
        ("s3://b/rows", False),
        ("s3://b/answers", True),
    ]


def test_a_model_is_made_of_artefacts_and_images() -> None:
    """Those of all its containers."""
    described = {
        "PrimaryContainer": {"ModelDataUrl": "s3://b/m", "Image": "i"},
        "Containers": [{"ModelDataUrl": "s3://b/n", "Image": "i"}],
    }
    assert parts_of_model(described) == [
        Part("Model", "s3://b/m", False),
        Part("Model", "s3://b/n", False),
        Part("Image", "i", False),
    ]
