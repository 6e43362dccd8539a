"""How Lambda keeps execution environments ready: provisioned concurrency as a thing that is scaled (pure)."""
