"""PowerPact: a peer-to-peer energy market whose matching nobody has to trust."""

__version__ = "0.2.0"
