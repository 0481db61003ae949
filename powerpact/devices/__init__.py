"""The device's side: a meter that counts and signs, what it has promised, and its exchange for another."""

from powerpact.devices.exchange import Exchange, promised_refusal, promised_slots
from powerpact.devices.meter import Meter

__all__ = ["Exchange", "Meter", "promised_refusal", "promised_slots"]
