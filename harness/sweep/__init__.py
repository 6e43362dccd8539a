"""Many policies over one trace: what each costs, how long requests wait, and which is good enough."""
