"""Policy documents in files: one, several, or one for each role."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.iam.policy import Kind, MalformedPolicyError, parse
from harness.inputs.input_files import read_text

Document = Mapping[str, Any]
# What holds the document or documents in answers of IAM's API, in templates and in our own --json.
_HOLDERS = ("PolicyDocument", "document", "Document", "documents", "policies")


def read_policies(path: Path, form: Kind = Kind.IDENTITY) -> list[Document]:
    """Return the policy documents in the file at *path*; raise ScenarioError with AWS's words for others."""
    return documents_of(_read(path), str(path), form)


def read_reference(path: Path) -> Any:
    """Return what the file at *path* holds, not yet looked at: a policy, several, or one for each name."""
    return _read(path)


def reference_of(value: Any, path: Path, form: Kind) -> list[Document] | dict[str, list[Document]]:
    """Return the documents of a reference, *value*: those for everybody, or those of each name or ARN."""
    by_name = isinstance(value, dict) and value and not {"Statement", "Version", *_HOLDERS} & set(value)
    if not by_name:
        return documents_of(value, str(path), form)
    return {name: documents_of(each, f"{path}, {name}", form) for name, each in value.items()}


def _read(path: Path) -> Any:
    """Return what the file at *path* holds. AWS takes no key twice, which other readers of JSON do."""
    try:
        return json.loads(read_text(path), object_pairs_hook=_once)
    except RecursionError as error:
        raise ScenarioError(f"{path} is not JSON: it is nested too deeply") from error
    except ValueError as error:
        raise ScenarioError(f"{path} is not JSON: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a key is given twice among {', '.join(key for key, _ in pairs)}")
    return found


def documents_of(value: Any, where: str, form: Kind) -> list[Document]:
    """Return the documents of *form* that *value* is or holds; *where* names it in errors."""
    if isinstance(value, list):
        return [document for each in value for document in documents_of(each, where, form)]
    if isinstance(value, dict) and "Statement" not in value:
        for holder in _HOLDERS:
            if holder in value:
                return documents_of(value[holder], where, form)
    try:
        parse(value, form)
    except MalformedPolicyError as error:
        raise ScenarioError(f"{where}: {error.code}: {error.message}") from error
    return [value]
