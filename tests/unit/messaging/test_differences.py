"""The table of known differences, as reports ask for it."""

from harness.messaging.differences import (
    KINDS,
    answering,
    differences,
    fidelity_of_messages,
    known_differences,
)

EMBEDDED = {"ministack": "1.5.33", "moto": "5.2.5"}


def test_every_row_says_what_aws_does_what_the_emulator_does_and_where_it_is_written() -> None:
    """A row is complete: kind, both behaviours, the page, the emulators and a history."""
    for row in known_differences():
        assert row.kind in KINDS
        assert all((row.aws, row.does, row.source, row.emulators, row.history))


def test_of_several_emulators_the_one_that_answers_sqs_counts() -> None:
    """moto keeps other services of the embedded backend and of LocalStack's."""
    assert answering(EMBEDDED) == "ministack"
    assert answering({"localstack": "4.14.0", "moto": "5.2.5"}) == "localstack"
    assert answering({"moto": "5.2.5"}) == "moto"


def test_a_backend_has_the_rows_of_its_emulator() -> None:
    """No row of another emulator is shown."""
    assert all("ministack" in row.emulators for row in differences(EMBEDDED))
    assert {row.id for row in differences(EMBEDDED)} != {row.id for row in differences({"moto": "5.2.5"})}


def test_a_report_counts_the_rows_and_names_those_that_lose_or_add_messages() -> None:
    """What a reader must know before trusting a verdict is named."""
    said = fidelity_of_messages(EMBEDDED)

    assert f"{len(differences(EMBEDDED))} known differences" in said
    assert "no-queue-deduplication-of-topics" in said
    assert "purge-again-at-once" not in said


def test_another_version_than_the_tested_one_is_said() -> None:
    """Nobody has compared this version."""
    said = fidelity_of_messages({"ministack": "9.9.9"})

    assert "seen at 1.5.33 while this is 9.9.9" in said


def test_an_emulator_that_nobody_tested_gets_no_claim() -> None:
    """An unknown one is not said to be like AWS."""
    assert differences({"elasticmq": "1"}) == ()
    assert "nobody" in fidelity_of_messages({"elasticmq": "1"})
