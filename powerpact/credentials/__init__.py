"""Attribute sets as credentials: issued and signed by auditors, verified by anyone, disclosed field by field.

The format is the EAS off-chain attestation, version 2 (`attestation`), over codes and the root of a salted tree
(`tree`). Bytes in, bytes out: no chain, no clock.
"""
