"""The bridge of meters: takes signed readings from an MQTT broker, keeps them, and reports them to the chain.

Two threads share the journal alone. `Intake` checks what comes, writes it down, and then acknowledges it. `Reporter`
looks at the journal and the chain and does what is missing. So each may be killed anywhere, with the broker or the
node, and the next run goes on: nothing is acknowledged that is not on the disk, and the chain takes a device's interval
once.
"""

from powerpact.devices.bridge.checking import Checker, Registry
from powerpact.devices.bridge.intake import Intake
from powerpact.devices.bridge.reporting import Reporter
from powerpact.devices.bridge.service import Bridge, Options

__all__ = ["Bridge", "Checker", "Intake", "Options", "Registry", "Reporter"]
