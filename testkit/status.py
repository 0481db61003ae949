"""Status of a participant, as in IParticipantRegistry."""

NONE, APPLIED, ACTIVE, REJECTED, LEAVING, LEFT, LINKED = range(7)
