"""Arc-standard with SWAP.

The modules in reading order:

- `arc_standard`: the transitions, and the states of many sentences in lock step
- `oracle`: the best next transition of every state, on the path to the gold tree and off it
- `planner`: one configuration, played on to its end by the oracle's rules
- `known_arcs`: a mask that keeps arcs which are known beforehand
- `features`: the feature extractor, what the scorers see of a state
"""
