"""The pipelines that can be rehearsed: one file each, found by its name; files that begin with _ are shared parts."""
