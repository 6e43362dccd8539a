"""The gateway: one address for every AWS client; answers what is ours, splices the rest to an emulator."""
