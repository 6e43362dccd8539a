"""AWS's endpoint and scaling APIs as handlers of the gateway, over the pure model in `harness.endpoint`.

Imports point one way: this room uses `harness.gateway`, never the other way round.
"""
