"""Making a model: from treebanks to a model file.

The modules in reading order:

- `by_size`: the rates and numbers that depend on the size of the treebank
- `presets`: rates, weights and numbers, and the presets that name good combinations
- `substitutes`: words that may stand for each other
- `examples`: annotated sentences as integers, in batches
- `pretrained`: word vectors from elsewhere
- `context_folder`: what a pretrained encoder says of the treebank, kept on disk
- `exploration`: a walk through training sentences beside the oracle
- `loss`: the four losses of a batch, and the gradient on every weight
- `targets`: what teachers say of sentences, in half precision
- `labeling`: teachers that read sentences
- `distillation`: learning from trained parsers
- `unlabeled`: raw text that teachers label, to learn from beside the treebank
- `epoch`: one step, one epoch, two threads
- `schedule`: the learning rate, and when the parser's own choices are followed
- `branches`: the branches that a training parts into, and their mean
- `checkpoint`: what a training is resumed from
- `target_folder`: what teachers say of raw text, kept on disk
- `plan`: what to train and on what, and whether two trainings are the same
- `recipe`: what to train, and how to run it
- `given`: what a training begins with beside its treebank
- `look_up`: a treebank looked up, and read by encoder and teachers
- `calibrate`: probabilities fitted to what is right on a dev file
- `trainer`: one network, epoch by epoch, or several one after the other
- `hold_out`: sentences held out in place of a dev file
- `refit`: a training on the whole treebank, without a dev file
- `job`: the trainings that one recipe asks for
- `train`: from treebank files to a model file
- `folds`: a treebank in parts of one size
- `crossval`: each part parsed by a model of the others
- `curve`: models of growing parts, and the curve of their scores
- `one_step`: a single step of gradient descent, to look at
- `combine`: one model of several trainings
"""
