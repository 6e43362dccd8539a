"""One rehearsal from its first process to its last file: its phases, who carries them out, the verdict."""
