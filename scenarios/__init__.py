"""The pipelines that can be rehearsed: one file each, found by name; files that begin with _ are shared."""
