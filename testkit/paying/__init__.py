"""Payment channels in tests: what parties sign, a model of the contract, and a machine that compares both."""
