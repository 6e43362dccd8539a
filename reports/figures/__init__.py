"""What is drawn: series taken from the journal, and their drawings."""
