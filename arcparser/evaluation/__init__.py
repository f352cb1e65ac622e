"""Measuring a parser: scores, and what it gets wrong.

The modules in reading order:

- `scores`: the numbers, as a table and for JSON
- `alignment`: which word is which, when two files are tokenized differently
- `columns`: two files as arrays to compare
- `conll18`: the scores of the CoNLL 2018 shared task
- `evaluate`: from files, sentences or a parser to scores
- `confusions`: which labels are taken for which
- `calibration`: how well probabilities say what is right
- `error_analysis`: scores by relation, length and projectivity
- `significance`: whether a difference is more than chance
- `systems`: several systems compared on one gold file
"""
