"""Lambda as a part of the gateway: invocations are admitted, run in processes of their own and journalled."""
