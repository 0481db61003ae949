"""Members, auditors and motions as a state machine: a model in Python, held against the contracts after each step."""
