"""Pulumi programs: run in a process of their own, every resource they declare answered by us."""

from harness.pulumi.process import Answer, run_program
from harness.pulumi.project import Project, read_project

__all__ = ["Answer", "Project", "read_project", "run_program"]
