"""`harness rehearse` and `harness init`: from anybody's template to a scenario, and its rehearsal."""
