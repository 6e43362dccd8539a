"""The traffic of a simulation, from stages, a trace or a CloudWatch export.

    harness simulate --traffic counts.csv                      minute,invocations
    harness simulate --traffic arrivals.csv.gz                 at_s, one arrival a line
    harness simulate --traffic invocations.json                aws cloudwatch get-metric-statistics / -data
    harness simulate --traffic 50rps:10m,50-400rps:5m,0:10m    stages

What cannot be traffic is refused with the file, the line and the field. docs/reference/
traffic-and-policy-files.md describes every form.
"""

from pathlib import Path

from harness.errors import ScenarioError
from harness.inputs.cloudwatch_export import is_console_csv, read_console_csv, read_metric_json
from harness.inputs.input_files import read_json, text_of
from harness.inputs.trace_csv import read_trace
from harness.inputs.traffic_value import Counts, Times, Traffic

__all__ = ["Counts", "Times", "Traffic", "read_traffic"]


def read_traffic(spec: str | Path, *, instances: int | None = None) -> Traffic:
    """Return the traffic that *spec*, a path or stages, describes.

    *instances* is how many instances served when an export has InvocationsPerInstance only. Raises
    ScenarioError that names file, line and field.
    """
    path = Path(spec)
    if _is_file(path):
        return _read_file(path, instances)
    from harness.inputs.stages import looks_like_stages, parse_stages  # slow to import: they know scenarios

    if looks_like_stages(str(spec)):
        return parse_stages(str(spec))
    if path.is_dir():
        raise ScenarioError(f"--traffic {spec}: this is a folder; name one file in it")
    raise ScenarioError(
        f"--traffic {spec}: there is no such file, and it is not stages such as 50rps:10m,50-400rps:5m,0:10m"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # stages can be longer than a name
        return False


def _read_file(path: Path, instances: int | None) -> Traffic:
    with text_of(path) as text:
        start = text.read(4096)
    if not start.strip():
        raise ScenarioError(f"{path}: the file is empty; it needs a header such as minute,invocations")
    if start.lstrip()[0] in "{[":
        return read_metric_json(path, read_json(path), instances)
    if is_console_csv(start):
        return read_console_csv(path, instances)
    return read_trace(path)
