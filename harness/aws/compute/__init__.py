"""EC2's instances, spot requests and instance metadata as a part of the stage."""
