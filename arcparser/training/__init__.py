"""Making a model: from treebanks to a model file.

How a network learns from a batch, and from one epoch to the next, is in `arcparser.learning`. The modules in reading
order:

- `context_folder`: what a pretrained encoder says of the treebank, kept on disk
- `target_folder`: what teachers say of raw text, kept on disk
- `checkpoint`: what a training is resumed from
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
- `combine`: one model of several trainings
"""
