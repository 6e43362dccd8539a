"""The pipelines that can be rehearsed: one file each; files that begin with _ are shared parts."""
