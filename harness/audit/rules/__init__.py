"""The rules: one file each, found by their place here. A rule's id is its file's name with hyphens."""
