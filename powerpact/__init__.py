"""PowerPact: a peer-to-peer energy market whose matching nobody has to trust."""
