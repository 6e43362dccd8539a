"""The audit itself: rules over a view, and what of their findings somebody took out with a reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.audit.ignoring import Ignored, ignored_in
from harness.audit.model import SEVERITIES, Finding, Found, Rule, Severity
from harness.audit.view import View

Text = Callable[[str], str]
"""Returns the text of a file that the template names, "" where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found, the worst first, then by place; and what was taken out."""

    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    not_covered: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    resources: int = 0

    def worst(self) -> Severity | None:
        """Return the severity of the worst finding, None without any."""
        return self.findings[0].severity if self.findings else None

    def reaches(self, severity: str) -> bool:
        """Return whether a finding is as bad as *severity* or worse."""
        worst = self.worst()
        return worst is not None and SEVERITIES.index(worst) <= [*SEVERITIES].index(severity)  # type: ignore[arg-type]


def audit(view: View, rules: Sequence[Rule], source_text: Text = lambda _file: "") -> Audit:
    """Return what *rules* find in *view*. *source_text* reads files, for the comments in them that ignore."""
    found = [each for rule in rules for each in _findings(view, rule)]
    suppressions = _Suppressions(view, source_text)
    told = [replace(each, ignored=suppressions.reason(each)) for each in dict.fromkeys(found)]
    ordered = sorted(told, key=_order)
    return Audit(
        tuple(each for each in ordered if each.ignored is None),
        tuple(each for each in ordered if each.ignored is not None),
        tuple(rules),
        view.template.not_covered,
        suppressions.unused({rule.id for rule in rules}),
        len(view.resources),
    )


def _order(one: Finding) -> tuple[int, str, int, str, str]:
    return SEVERITIES.index(one.severity), one.file, one.line or 0, one.resource, one.rule


def _findings(view: View, rule: Rule) -> Iterator[Finding]:
    for one in rule.check(view):
        yield _finding(rule, one)


def _finding(rule: Rule, one: Found) -> Finding:
    resource = one.resource
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        resource=resource.logical_id,
        type=resource.type,
        message=one.message,
        path=one.path,
        file=one.file or resource.file,
        line=one.line if one.file else resource.line_of(one.path),
        source=rule.source,
    )


class _Suppressions:
    """What a template says is to be left alone: by comment, or in a resource's Metadata."""

    def __init__(self, view: View, source_text: Text) -> None:
        self._by_file: dict[str, tuple[Ignored, ...]] = {}
        self._source_text = source_text
        self._view = view
        self._used: set[Ignored] = set()
        self._metadata: Mapping[str, tuple[Ignored, ...]] = {
            one.logical_id: tuple(Ignored.of_metadata(one)) for one in view.resources.values()
        }

    def reason(self, finding: Finding) -> str | None:
        """Return why *finding* is left alone, None where it is not."""
        for each in (*self._metadata.get(finding.resource, ()), *self._comments(finding)):
            if each.takes(finding.rule):
                self._used.add(each)
                return each.reason
        return None

    def unused(self, ran: Iterable[str]) -> tuple[str, ...]:
        """Return what was to be left alone and did not turn up, of the rules that *ran*."""
        every = [each for own in self._metadata.values() for each in own]
        every += [each for own in self._by_file.values() for each in own]
        for file in {one.file for one in self._view.resources.values() if one.file}:
            every += [each for each in self._in(file) if each not in every]
        known = set(ran)
        return tuple(
            each.told() for each in every if each not in self._used and (each.rule in known or not each.rule)
        )

    def _comments(self, finding: Finding) -> Iterator[Ignored]:
        """Yield the comments that are about *finding*: on its line, above it, or on its resource's."""
        resource = self._view.resources.get(finding.resource)
        lines = {finding.line: finding.file}
        own = {finding.line}
        if resource is not None and resource.file == finding.file:
            own.add(resource.line)
        for each in self._in(finding.file) if lines else ():
            if each.line in own or each.covers in own:
                yield each

    def _in(self, file: str) -> tuple[Ignored, ...]:
        if file not in self._by_file:
            self._by_file[file] = tuple(ignored_in(self._source_text(file), file)) if file else ()
        return self._by_file[file]
