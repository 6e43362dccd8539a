"""`harness policy`: the smallest policy of a role, what a policy grants anew, and verdicts on known cases."""
