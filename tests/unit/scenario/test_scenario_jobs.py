"""Images of jobs as a scenario declares them, and questions about jobs."""

from pathlib import Path

import pytest

from harness import journal
from harness.errors import ScenarioError
from harness.scenario import (
    Bucket,
    Image,
    Scenario,
    SpotInterruption,
    billable_seconds,
    job_metric,
    job_seconds,
    jobs,
)
from harness.scenario.images import images_given, images_of


def trains() -> None:
    """Stand for an image."""


def test_an_image_is_a_folder_or_a_function(tmp_path: Path) -> None:
    """Both become what the stage runs; spans are kept by the number of instances."""
    folder = Image("image:1", tmp_path, seconds={1: 60, 3: 25}).as_code
    assert (folder.folder, folder.seconds_on(3), folder.seconds_on(2)) == (str(tmp_path), 25, None)
    function = Image("image", trains, seconds=9).as_code
    assert function.function == f"{__name__}:trains"
    assert function.seconds_on(7) == 9.0
    assert (Path(function.folder) / f"{__name__.replace('.', '/')}.py").is_file()
    assert images_of([Image("image", str(tmp_path))])["image"].seconds == ()


def test_a_scenario_has_the_images_it_declares(tmp_path: Path) -> None:
    """In their order, whatever stands between them."""
    first, second = Image("image:1", tmp_path), Image("image:2", tmp_path)
    scenario = Scenario(
        name="s",
        description="",
        resources=[first, Bucket("a-bucket"), second],
        expectations=[jobs("Completed").equals(0)],
    )
    assert scenario.images == [first, second]


def test_a_function_of_no_file_has_no_folder() -> None:
    """What was typed in has nothing to import it from."""
    typed: dict[str, object] = {"__name__": "typed_in"}
    exec("def fit(): pass", typed)
    made = Image("image", typed["fit"])  # type: ignore[arg-type]
    assert made.as_code.folder == ""


@pytest.mark.parametrize("uri", ["", "an image"])
def test_an_image_without_a_name_is_refused(uri: str, tmp_path: Path) -> None:
    """A uri has no white space."""
    with pytest.raises(ScenarioError, match="without white space"):
        Image(uri, tmp_path)


def test_code_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """No folder, no function at the top level, spans that no job has."""
    with pytest.raises(ScenarioError, match="there is no such folder"):
        Image("image", tmp_path / "nowhere")
    with pytest.raises(ScenarioError, match="no folder and no function"):
        Image("image", lambda: None)
    with pytest.raises(ScenarioError, match="no folder and no function"):
        Image("image", print)
    with pytest.raises(ScenarioError, match="a job has 1 or more"):
        Image("image", tmp_path, seconds={-1: 5.0})
    with pytest.raises(ScenarioError, match="seconds"):
        Image("image", tmp_path, seconds=0)


def test_images_are_given_on_the_command_line(tmp_path: Path) -> None:
    """URI=FOLDER, and a sentence about what is not written so."""
    assert images_given([f"image={tmp_path}"])["image"].folder == str(tmp_path)
    for wrong in ("image", "=x", "image="):
        with pytest.raises(ScenarioError, match="an equals sign and a folder"):
            images_given([wrong])


def created(job: str, kind: str = "training") -> journal.JobCreated:
    return journal.JobCreated(0.0, kind, job, "role", "image", "ml.m5.large", 1)


def ended(job: str, status: str = "Completed", kind: str = "training") -> journal.JobEnded:
    return journal.JobEnded(9.0, kind, job, status, f"it {status}", 0.0, 8.0, 2.0, "ml.m5.large", 3, 8.0)


RECORDS = [
    created("a-1"),
    created("a-2"),
    created("b"),
    created("a-3", "processing"),
    ended("a-1"),
    ended("a-2", "Failed"),
    ended("a-3", kind="processing"),
    journal.JobMetric(1.0, "a-1", "loss", 0.5),
    journal.JobMetric(2.0, "a-1", "loss", 0.25),
]


def test_jobs_are_counted_by_how_they_ended() -> None:
    """Of one kind, and those whose names begin so; what ended otherwise is named."""
    assert jobs().measure(RECORDS) == (1, "1 of 3 training jobs ended as Completed; a-2: it Failed")
    value, told = jobs("Completed", kind="processing", begins_with="a-").measure(RECORDS)
    assert (value, told) == (1, "1 of 1 processing jobs a-* ended as Completed")
    assert jobs(begins_with="c").measure(RECORDS)[0] is None


def test_a_job_has_its_times_and_its_metrics() -> None:
    """The last value of a metric; nothing of a job that did not end, or a metric that was not seen."""
    assert job_seconds("a-1").measure(RECORDS)[0] == 8.0
    assert billable_seconds("a-1").measure(RECORDS)[0] == 2.0
    assert job_metric("a-1", "loss").measure(RECORDS)[0] == 0.25
    assert job_seconds("b").measure(RECORDS)[0] is None
    assert billable_seconds("b").measure(RECORDS)[0] is None
    assert job_metric("b", "loss").measure(RECORDS)[0] is None


def test_a_spot_interruption_may_hit_a_training_job() -> None:
    """A name that is no id of an image is a job's."""
    assert SpotInterruption("train-1").names_job
    assert not SpotInterruption("ami-0123456789abcdef0").names_job
    assert not SpotInterruption().names_job
