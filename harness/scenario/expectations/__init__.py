"""What a scenario may expect of a run, a module for each part of a pipeline, all in the words of its page."""
