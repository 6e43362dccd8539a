"""cfn-lint over a template: what AWS's own resource schemas and rules say before anything is made.

No emulator checks a template as CloudFormation does: unknown types and properties pass, and wrong values.
https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ScenarioError
from harness.inputs.input_files import read_text
from harness.templates.assets import is_packaged
from harness.templates.cdk import chosen_stack, is_cloud_assembly
from harness.templates.documents import Document, parse_document
from harness.templates.load import IN_FOLDER, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEVERITIES = ("error", "warning", "informational")
LINTED = (".json", ".yaml", ".yml", ".template")
"""How the names of the files end that cfn-lint is given; Terraform and Pulumi have nothing for it."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One sentence of cfn-lint. `severity` is "error", "warning" or "informational", `rule` as "E3002".

    `logical_id` and `property_path` ("RedrivePolicy.maxReceiveCount") are "" where it is about neither.
    """

    rule: str
    severity: str
    file: str
    line: int
    logical_id: str
    property_path: str
    message: str
    source: str

    def __str__(self) -> str:
        """Return "file:line: resource 'X': sentence (E3002)"."""
        who = f"resource {self.logical_id!r}: " if self.logical_id else ""
        return f"{self.file}:{self.line}: {who}{self.message} ({self.rule})"


def lint(path: str | Path, *, stack: str = "", region: str = REGION) -> tuple[LintFinding, ...]:
    """Return what cfn-lint says of the CloudFormation, SAM or CDK template at *path*, errors first.

    Nothing for a template of another language. A property that names a local file is not held to what it
    becomes once it is uploaded. Raises ScenarioError for a file that cannot be read.
    """
    file = _file_of(Path(path), stack)
    if file is None:
        return ()
    text = read_text(file)
    document = parse_document(file, text)
    if "Resources" not in document.value:
        return ()
    found = [_finding(document, match) for match in _matches(text, region) if not _is_local(document, match)]
    return tuple(sorted(found, key=lambda each: (_SEVERITIES.index(each.severity), each.line, each.rule)))


def refuse_errors(findings: "Iterable[LintFinding]") -> None:
    """Raise ScenarioError with every error among *findings*, one a line; do nothing where there is none."""
    errors = [str(each) for each in findings if each.severity == "error"]
    if errors:
        raise ScenarioError("AWS would refuse the template:\n  " + "\n  ".join(errors))


def _matches(text: str, region: str) -> list[Any]:
    from cfnlint.api import lint as cfn_lint  # slow: 0.7 s

    return list(cfn_lint(text, regions=[region]))


def _finding(document: Document, match: Any) -> LintFinding:
    path = [str(each) for each in match.path]
    in_resource = len(path) > 1 and path[0] == "Resources"
    return LintFinding(
        rule=match.rule.id,
        severity=match.rule.severity,
        file=document.file,
        line=match.linenumber,
        logical_id=path[1] if in_resource else "",
        property_path=_joined(match.path[3:]) if in_resource and path[2:3] == ["Properties"] else "",
        message=match.message,
        source=match.rule.source_url,
    )


def _is_local(document: Document, match: Any) -> bool:
    """Return whether the finding is about a local file, which is no S3 address before it is uploaded."""
    path = list(match.path)
    if len(path) < 4 or path[0] != "Resources" or path[2] != "Properties":
        return False
    about = document.section("Resources")[path[1]]
    return is_packaged(str(about.get("Type")), str(path[3])) and isinstance(
        about["Properties"].get(path[3]), str
    )


def _joined(path: list[Any]) -> str:
    text = ""
    for each in path:
        text += f"[{each}]" if isinstance(each, int) else f".{each}"
    return text.removeprefix(".")


def _file_of(path: Path, stack: str) -> Path | None:
    if path.is_dir():
        for folder in (path, path / "cdk.out"):
            if is_cloud_assembly(folder):
                return chosen_stack(folder, stack).template
        return next((path / name for name in IN_FOLDER if (path / name).is_file()), None)
    return path if path.suffix in LINTED and path.name != "Pulumi.yaml" else None
