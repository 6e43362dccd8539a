"""Files people have, as values: traffic, scaling policies, templates. Errors name file, line and field."""
