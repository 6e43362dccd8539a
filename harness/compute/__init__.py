"""How instances of EC2 live and how the spot market gives and takes them, as values (pure)."""
