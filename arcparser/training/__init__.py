"""Making a model of treebanks.

The modules in reading order: `examples`, `distillation`, `epoch`, `branches`, `checkpoint`, `train`, `combine`.
"""
