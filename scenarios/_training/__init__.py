"""The training of images that several pipelines have in common: in jobs, on instances, on spot instances."""
