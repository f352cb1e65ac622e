"""The command line: one module a command.

The modules in reading order:

- `signals`: how a command ends that is asked to
- `command`: the argument parser of one command
- `common`: options and streams that several commands share
- `log`: what arcparser logs, on standard error
- `progress`: how far a parse is, on standard error
- `check`: find every fault of treebank files
- `train`, `combine`: make a model
- `history`: show the epochs of a training
- `crossval`: train on all folds of a treebank but one, and parse it
- `curve`: what more annotated sentences would bring
- `parse`: parse files
- `doubtful`: find the sentences that a parser is least sure of
- `evaluate`: score a parse
- `compare`: tell whether parses differ by more than chance
- `info`: say what a model is
- `models`: list models, fetch them by name, remove them
- `show`, `render`, `explain`: look at trees, and at how a parse comes about
- `corpus`: find and download treebanks
- `completion`: complete commands in the shell
- `versions`: what arcparser runs on, for reports of bugs
- `main`: from arguments to an exit status
"""
