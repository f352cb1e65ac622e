"""Learning: from annotated sentences to the gradient of the loss, and from one epoch to the next.

The modules in reading order:

- `by_size`: the rates and numbers that depend on the size of the treebank
- `presets`: rates, weights and numbers, and the presets that name good combinations
- `substitutes`: words that may stand for each other
- `examples`: annotated sentences as integers, in batches
- `exploration`: a walk through training sentences beside the oracle
- `loss`: the losses of a batch, and the gradient on every weight
- `targets`: what teachers say of sentences, in half precision
- `labeling`: teachers that read sentences
- `distillation`: learning from trained parsers
- `unlabeled`: raw text that teachers label, to learn from beside the treebank
- `epoch`: one step, one epoch, two threads
- `schedule`: the learning rate, and when the parser's own choices are followed
- `branches`: the branches that a training parts into, and their mean
- `one_step`: a single step of gradient descent, to look at
"""
