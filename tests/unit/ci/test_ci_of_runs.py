"""What is remarked of finished runs, and its forms: SARIF, JUnit, Markdown."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log

from harness.ci import of_runs
from harness.ci.remarks import remarks
from harness.ci.summary import markdown
from tests.unit.ci.rows import check, finding, row

HERE = Path.cwd()


def test_a_missed_expectation_is_an_error_with_value_and_limit() -> None:
    """The reader need not open the report to know what was missed."""
    [one] = remarks(row(), HERE)
    assert (one.level, one.message) == ("error", "ranker: p99: 0.5 s, limit < 0.2: it queued")


def test_a_run_that_proves_nothing_is_an_error() -> None:
    """Fails closed: nothing measured is no pass."""
    [one] = remarks(row(verdict="invalid", reason="There was no traffic", expectations=[]), HERE)
    assert (one.rule, one.message) == ("run-proves-nothing", "There was no traffic")


def test_a_run_without_a_summary_is_told_by_its_error() -> None:
    """A backend that did not start leaves nothing but a sentence."""
    [one] = remarks({"run_dir": "runs/x/1", "exit_code": 3, "error": "moto did not answer"}, HERE)
    assert (one.rule, one.message) == ("run-failed", "moto did not answer")


def test_a_failed_program_is_an_error_of_the_run() -> None:
    """A verdict 'fail' that no expectation carries is not lost."""
    [one] = remarks(row(expectations=[], reason="Program 'a' failed: boom"), HERE)
    assert one.message == "Program 'a' failed: boom"


def test_the_same_finding_is_told_once_with_its_number() -> None:
    """A hundred refused calls are one remark."""
    passed = row(verdict="pass", expectations=[], findings=[finding()] * 3)
    [one] = remarks(passed, HERE)
    assert (one.times, one.level, one.about) == (3, "error", "jobs")


def test_a_finding_of_the_audit_keeps_its_place() -> None:
    """In a rehearsal the audit's findings begin with file and line."""
    found = finding("template.yaml:12: the queue has no policy")
    [one] = remarks(row(verdict="pass", expectations=[], findings=[found]), HERE)
    assert (one.file, one.line, one.message) == ("template.yaml", 12, "jobs: the queue has no policy")


def test_a_remark_is_at_its_scenario(tmp_path: Path) -> None:
    """The line of `scenario =`, in the file below the checkout."""
    (tmp_path / "ranker.py").write_text("import x\n\nscenario = 1\n")
    [one] = remarks(row(scenario_path=str(tmp_path / "ranker.py")), tmp_path)
    assert (one.file, one.line) == ("ranker.py", 3)


def test_sarif_is_valid_and_every_result_has_a_file() -> None:
    """GitHub refuses a whole log for one result without a file."""
    rows = [row(findings=[finding(severity="note", aws_source="")]), row(variant="as-written")]
    log = of_runs.sarif([one for each in rows for one in remarks(each, HERE)])
    Log.model_validate(log)
    results = log["runs"][0]["results"]
    assert [each["level"] for each in results] == ["error", "note", "error"]
    assert all(each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results)
    assert len({each["partialFingerprints"]["runAndResource/v1"] for each in results}) == 3


def test_a_fingerprint_outlives_other_figures() -> None:
    """An alert stays the same alert when the run is made again."""
    logs = [of_runs.sarif(remarks(row(expectations=[check(value=value)]), HERE)) for value in (1.0, 2.0)]
    prints = [log["runs"][0]["results"][0]["partialFingerprints"] for log in logs]
    assert prints[0] == prints[1]


def test_notes_are_no_annotations() -> None:
    """Ten places are few: they are for what is wrong."""
    found = remarks(row(findings=[finding(severity="note")]), HERE)
    assert [one.level for one in of_runs.annotations(found)] == ["error"]


def test_one_junit_file_has_a_suite_of_each_run() -> None:
    """Sums over all of them, and what left no summary is an error."""
    document = of_runs.junit([row(), row(scenario="other"), {"run_dir": "x", "error": "moto\x00 died"}])
    root = Xml.fromstring(document)
    assert [one.get("name") for one in root] == ["ranker.corrected", "other.corrected", "run.corrected"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "2", "1")


def test_the_summary_begins_with_the_verdicts() -> None:
    """A table of the runs; what failed is open, what passed is folded."""
    passed = row(verdict="pass", run_dir="runs/ranker/2", expectations=[check(ok=True, value=0.1)])
    told = markdown([row(), passed], {})
    assert told.startswith("## Rehearsal: 1 pass, 1 fail\n")
    assert told.count("<details open>") == 1
    assert "| ❌ | ranker: p99 | 0.5 s | &lt; 0.2 | it queued |" in told


def test_what_a_run_says_is_no_markup() -> None:
    """A pipe ends no cell, a tag is text, and a line end ends no row."""
    told = markdown([row(expectations=[check("a|b", reason="<img src=x>\n`c` [d](e)")])], {})
    assert "a\\|b" in told
    assert "&lt;img src=x&gt; \\`c\\` \\[d\\](e)" in told


def test_the_summary_keeps_to_its_room() -> None:
    """What is left out is counted; GitHub would refuse the whole."""
    rows = [row(run_dir=str(number)) for number in range(200)]
    told = markdown(rows, {}, room=30_000)
    assert len(told.encode()) <= 30_000
    assert "parts of this summary are left out" in told


def test_a_step_that_has_said_enough_gets_nothing_more() -> None:
    """Without room there is no summary rather than a refused one."""
    assert markdown([row()], {}, room=10) == ""


def test_findings_are_in_the_summary_with_their_page() -> None:
    """What no expectation speaks of is seen."""
    one = row(findings=[finding()] * 2)
    told = markdown([one], {one["run_dir"]: remarks(one, HERE)})
    assert "- **error** queue-refuses: jobs: no policy (2 times) ([AWS](https://docs" in told


def test_a_run_that_is_worse_than_its_baseline_is_an_error_everywhere() -> None:
    """It passed by itself and failed the command: no file may look green."""
    worse = row(verdict="pass", exit_code=1, expectations=[check(ok=True, value=0.1)], against="worse")
    [one] = remarks(worse, HERE)
    assert (one.rule, one.message) == ("run-worse", "worse")
    assert Xml.fromstring(of_runs.junit([worse])).get("failures") == "1"
    assert "## Rehearsal: 1 fail" in markdown([worse], {})
