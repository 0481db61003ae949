"""The device's side: a meter that counts and signs."""

from powerpact.devices.meter import Meter

__all__ = ["Meter"]
