"""Studies: several trainings of parts of a treebank.

The modules in reading order:

- `folds`: a treebank in parts of one size
- `crossval`: each part parsed by a model of the others
- `curve`: models of growing parts, and the curve of their scores
"""
