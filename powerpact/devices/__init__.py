"""The device's side: a meter that counts and signs, and its exchange for another."""

from powerpact.devices.exchange import Exchange
from powerpact.devices.meter import Meter

__all__ = ["Exchange", "Meter"]
