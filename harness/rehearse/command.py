"""`harness rehearse TEMPLATE` and `harness init TEMPLATE`: what they do, one after another, and print."""

import argparse
import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.ci import after_runs
from harness.clock import ClockSpec
from harness.commands import emit
from harness.config import Settings, read_settings
from harness.errors import ExitCode, ScenarioError
from harness.rehearse.traffic import Traffic, read_traffic
from harness.scenario.stack import Stack
from harness.templates.refer import resource_of

if TYPE_CHECKING:
    from harness import journal
    from harness.audit.engine import Audit
    from harness.audit.model import Finding
    from harness.templates.model import Template

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of the stack and its traffic."""

    stack: Stack
    traffic: Traffic
    name: str


def init(arguments: argparse.Namespace) -> int:
    """Write a scenario that rehearses a template; return 0."""
    from harness.rehearse.write import scenario_file

    asked = _asked(arguments)
    target = arguments.output or Path(f"{asked.name.replace('-', '_')}.py")
    to_stdout = str(target) == "-"
    base = Path.cwd() if to_stdout else target.resolve().parent
    text = scenario_file(asked.stack, asked.traffic, name=asked.name, base=base)
    _tell(asked.stack.notes)
    if to_stdout:
        print(text, end="")
        return ExitCode.PASS
    if target.exists() and not arguments.force:
        raise ScenarioError(f"{target} is there already; name another with --output, or say --force")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{target} cannot be written: {error.strerror}") from error
    if arguments.json:
        emit({"scenario": str(target), "notes": list(asked.stack.notes)})
    else:
        print(f"{target}: run it with 'harness run {_as_path(target)}'")
    return ExitCode.PASS


def rehearse(arguments: argparse.Namespace) -> int:
    """Audit, deploy, load and simulate a template; return the exit code of the worst of these."""
    asked = _asked(arguments)
    settings = read_settings(
        backend=arguments.backend, runs_dir=arguments.runs, allowed_endpoints=arguments.allow_endpoint
    )
    if not arguments.no_lint:
        _lint(asked.stack)
    from harness.audit.of_template import audit_template
    from harness.run.command import SEVERITY

    template = asked.stack.template()
    _need_code(template)
    found = audit_template(template)
    _tell(_told(found))
    _tell(asked.stack.notes)
    row, code = _run(asked, arguments, settings, found)
    fails = arguments.fail_on != "never" and found.reaches(arguments.fail_on)
    codes = [code, ExitCode.FAIL if fails else ExitCode.PASS]
    scaling = []
    if code is not ExitCode.INTERRUPTED:
        from harness.rehearse.scaling import simulate_scaling

        scaling = simulate_scaling(asked.stack, arguments.scaling_traffic, arguments.seed, settings.runs_dir)
        codes += [ExitCode(one["exit_code"]) for one in scaling]
    after_runs([row, *scaling], arguments)
    if arguments.json:
        emit({"audit": [_as_json(one) for one in found.findings], "run": row, "scaling": scaling})
    return next(one for one in SEVERITY if one in codes)


def _asked(arguments: argparse.Namespace) -> Asked:
    template = arguments.template
    if not template.exists():
        raise ScenarioError(f"There is no template at {template}; name {_what_it_may_be()}")
    stack = Stack(
        template.resolve(),
        parameters=_pairs("--parameter", arguments.parameter),
        name=arguments.stack or _folder_name(template.resolve()),
        code=_pairs("--code", arguments.code),
        stand_in_models=True,
        apply=getattr(arguments, "apply", False),
    )
    loaded = stack.template()
    name = re.sub(r"[^A-Za-z0-9-]+", "-", loaded.stack).strip("-") or "stack"
    return Asked(stack, read_traffic(arguments.traffic, arguments.payload), name)


def _folder_name(template: Path) -> str:
    """Return the folder's name for a file whose own says nothing, "" for any other: it names the stack."""
    if template.stem not in ("template", "main", "stack", "cdk", "plan", "Pulumi"):
        return ""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", template.parent.name).strip("-")
    return plain if plain[:1].isalpha() else ""


def _what_it_may_be() -> str:
    from harness.rehearse.options import TEMPLATE

    return TEMPLATE


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ScenarioError(f"{option} {text}: say NAME=VALUE")
        found[name] = value
    return found


def _as_path(target: Path) -> str:
    """Return *target* as `harness run` takes it: with a slash or its ending it is a path."""
    return str(target)


def _tell(lines: Sequence[str]) -> None:
    from harness.terminal import by_first_word, show_all

    show_all(by_first_word(f"  {line}" for line in lines), sys.stderr)


# -- before anything runs -----


def _lint(stack: Stack) -> None:
    """Raise ScenarioError with what cfn-lint calls an error in a template of CloudFormation or SAM."""
    from harness.templates.lint import lint, refuse_errors

    refuse_errors(lint(stack.path, stack=stack.name))


def _need_code(template: "Template") -> None:
    """Raise ScenarioError for a function whose code is in a bucket that is neither here nor in the stack."""
    for function in template.of_type("AWS::Lambda::Function"):
        code = function.properties.get("Code") or {}
        bucket = code.get("S3Bucket") if isinstance(code, Mapping) else None
        local = (function.logical_id, "Code") in template.assets
        if bucket and not local and resource_of(template, bucket, "AWS::S3::Bucket") is None:
            raise ScenarioError(
                f"{function.at('Code')}: the code of {function.logical_id} is at "
                f"s3://{bucket}/{code.get('S3Key', '')}, which is not here; name its folder or zip with "
                f"--code {function.logical_id}=PATH"
            )


def _told(found: "Audit") -> list[str]:
    counts = {severity: sum(one.severity == severity for one in found.findings) for severity in SEVERITIES}
    shown = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items())
    lines = [f"{one.severity:<7} {one.place}: {one.rule}: {one.message}" for one in found.findings]
    return [f"audit: {shown}", *lines]


def _as_json(one: "Finding") -> dict[str, Any]:
    return {
        "rule": one.rule,
        "severity": one.severity,
        "resource": one.resource,
        "place": one.place,
        "message": one.message,
        "aws_source": one.source,
    }


# -- the run -----


def _run(
    asked: Asked, arguments: argparse.Namespace, settings: Settings, found: "Audit"
) -> tuple[dict[str, Any], ExitCode]:
    """Rehearse the scenario that `harness init` would write; return its summary's row and the exit code."""
    from harness.aws.permission import Mode
    from harness.rehearse.write import scenario_file
    from harness.run.command import run_all
    from harness.run.context import Options
    from harness.run.thresholds import with_thresholds
    from harness.scenario import find

    folder = settings.runs_dir.resolve() / asked.name
    folder.mkdir(parents=True, exist_ok=True)
    text = scenario_file(asked.stack, asked.traffic, name=asked.name, base=folder)
    # Named by its contents: two rehearsals at once do not write into one file.
    path = folder / f"scenario-{hashlib.sha256(text.encode()).hexdigest()[:8]}.py"
    path.write_text(text, encoding="utf-8")
    ((_, scenario),) = with_thresholds(
        [(str(path), find(str(path)))],
        arguments.threshold,
        abort=arguments.abort_on_fail,
        delay=arguments.abort_delay,
    )
    clock = ClockSpec.parse(arguments.clock) if arguments.clock else None
    if clock is not None and clock.is_virtual:
        raise ScenarioError("--clock virtual deploys nothing; say 'wall' or 'compressed:N'")
    options = Options(
        arguments.seed,
        clock,
        iam=Mode(arguments.iam),
        scenario_path=str(path),
        findings=tuple(_finding(one) for one in found.findings),
    )
    rows, code = run_all([(str(path), scenario)], options, settings)
    return rows[0], code


def _finding(one: "Finding") -> "journal.Finding":
    from harness import journal

    message = f"{one.place}: {one.message}"
    return journal.Finding(0.0, one.rule, one.severity, one.resource, message, one.source)
