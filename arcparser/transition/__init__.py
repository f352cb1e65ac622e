"""Arc-standard with SWAP: the states, the oracle, and what the classifier sees of a state.

The modules in reading order: `arc_standard`, `oracle`, `features`.
"""
