"""`harness audit`: from its arguments to what is printed and written, and the exit code."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.audit.catalogue import chosen
from harness.audit.engine import Audit
from harness.audit.options import check_options
from harness.errors import ExitCode, ScenarioError
from harness.printable import printable

if TYPE_CHECKING:
    from harness.audit.model import Finding, Rule


def audit_command(arguments: argparse.Namespace) -> int:
    """Carry out `harness audit`; return 0, or 1 where a finding is as bad as --fail-on says or worse."""
    check_options(arguments)
    rules = chosen(arguments.rule, arguments.ignore)
    if arguments.rules:
        return _list(rules, as_json=arguments.json)
    audits = _live(arguments, rules) if arguments.endpoint else _templates(arguments, rules)
    if arguments.sarif is not None:
        _write_sarif(arguments.sarif, _from_the_checkout(audits))
    _tell(arguments, audits)
    failed = arguments.fail_on != "never" and any(each.reaches(arguments.fail_on) for each in audits)
    return ExitCode.FAIL if failed else ExitCode.PASS


def _list(rules: "Sequence[Rule]", *, as_json: bool) -> int:
    from harness.audit.told import rule_lines, rule_rows
    from harness.commands.audit_view import rule_table
    from harness.terminal import show_all

    if as_json:
        print(json.dumps({"rules": rule_rows(rules)}))
    else:
        show_all([rule_table(rules, list(rule_lines(rules)))])
    return ExitCode.PASS


def _templates(arguments: argparse.Namespace, rules: "Sequence[Rule]") -> list[Audit]:
    from harness.audit.of_template import audit_template

    audits = []
    parameters = _parameters(arguments)
    for name in arguments.template:
        scenario = (
            None if Path(name).exists() and not name.endswith(".py") else _scenario(arguments, name, rules)
        )
        if scenario is not None:
            audits.append(scenario)
            continue
        from harness.templates.load import load

        template = load(name, parameters=parameters, region=arguments.region)
        audits.append(audit_template(template, rules, account_concurrency=arguments.account_concurrency))
    return audits


def _scenario(arguments: argparse.Namespace, name: str, rules: "Sequence[Rule]") -> Audit | None:
    """Return the audit of the scenario *name*; None for the path of a template."""
    if not name.endswith(".py") and ("/" in name or "." in name):
        return None  # the loader says that there is no such file
    from harness.audit.engine import audit
    from harness.audit.of_scenario import view_of
    from harness.audit.of_template import source_text
    from harness.audit.packages import shown
    from harness.scenario import find
    from harness.scenario.find import path_of

    file = path_of(name)
    scenario = find(name).resolve(arguments.variant or "corrected")
    return audit(view_of(scenario, shown(file)), rules, source_text)


def _parameters(arguments: argparse.Namespace) -> dict[str, str]:
    found: dict[str, str] = {}
    if arguments.parameters is not None:
        from harness.templates.parameters import read_parameters

        found |= read_parameters(arguments.parameters)
    for each in arguments.parameter:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise ScenarioError(f"--parameter {each!r} is no NAME=VALUE")
        found[name] = value
    return found


def _live(arguments: argparse.Namespace, rules: "Sequence[Rule]") -> list[Audit]:
    """Return the audit of what is deployed at an endpoint: every resource of the known types, read back."""
    from functools import cache

    from harness.audit.live import audit_live
    from harness.config import check_endpoint
    from harness.sessions import client

    endpoint = check_endpoint(arguments.endpoint, arguments.allow_endpoint)

    @cache
    def clients(service: str) -> object:
        return client(service, endpoint.url, region=arguments.region)

    return [audit_live(clients, endpoint.url, arguments.region, arguments.account_concurrency, rules)]


def _from_the_checkout(audits: Sequence[Audit]) -> list[Audit]:
    """Return *audits* with files as GitHub calls them: from the checkout's folder, wherever the step is."""
    from harness.ci.remarks import below
    from harness.config import github

    root = github().workspace
    if root is None:
        return list(audits)

    def placed(one: "Finding") -> "Finding":
        return replace(one, file=below(one.file, root.resolve()))

    return [
        replace(each, findings=tuple(map(placed, each.findings)), ignored=tuple(map(placed, each.ignored)))
        for each in audits
    ]


def _write_sarif(path: Path, audits: Sequence[Audit]) -> None:
    from harness.audit.sarif import sarif

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sarif(audits), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"--sarif {path} cannot be written: {error.strerror}") from error


def _tell(arguments: argparse.Namespace, audits: Sequence[Audit]) -> None:
    """Print the findings: for machines on stdout, for people there too, unless stdout is for machines."""
    from harness.audit.told import annotations, as_json, lines, sources
    from harness.commands.audit_view import coloured
    from harness.terminal import show_all

    if arguments.json:
        print(json.dumps(as_json(audits)))
    if arguments.github:
        marks = "\n".join(annotations(_from_the_checkout(audits)))
        print(marks, end="\n" if marks else "")
    people = sys.stderr if arguments.json or arguments.github else sys.stdout
    show_all(coloured(lines(audits)), people)
    if arguments.explain:
        for line in sources(audits):
            print(printable(line), file=people)
