"""The resource types, one file for each service: each ends in KINDS."""
