"""The layers, each with its gradient beside it.

The modules in reading order:

- `softmax`: softmax, cross-entropy, and why the gradient is a − y
- `choice`: the class with the largest logit, and whether rounding could have turned the choice
- `linear`: linear layers and rectifiers
- `embedding`: rows of tables
- `dropout`: masks
- `packing`: sentences of different lengths without padding
- `qrnn`: a quasi-recurrent cell, whose words need not wait for each other
- `lstm`: an LSTM cell, and back-propagation through time
- `bidirectional`: either of them in both directions, and the gradients on W and b, which they share
- `biaffine`: a score for each pair of a word and a possible head
- `parameters`: all weights in one array, and how each of them starts
- `quantize`: matrices in a byte for each number
- `adam`: the optimizer

A layer is a function `y = layer(x, weights...)`. Its companion `y, backward = layer_with_backward(x, weights...,
gradients...)` computes the same `y` for training: `backward(dy)` takes the gradient of the loss on `y`, adds the
gradients of the weights to the arrays given for them, and returns the gradient on `x`. Nothing is recorded or
differentiated automatically: each `backward` is written out by hand. Where only training needs a layer, as the masks of
dropout, there is only the companion. The softmax, where the loss is, has `logits_gradient` beside it. A cell has
`hidden_states` and its companion, and is run in both directions.

The letters of the shapes, everywhere in the package but in `evaluation`, which says what its letters are:

    B  sentences of a batch          U  distinct forms of a batch        A  width of the graph scorer
    L  words of the longest one      C  characters of those forms        P  named positions of a state
    T  words of the batch            D  width of a word's input vector   K  classes of a softmax
    S  states in lock step           H  width of a hidden layer          N  states of a batch, all steps together
    Q  children shown of a state     G  graph features of a state        V  rows of a table
    R  width of the encoder's output W  width of the label scorer

States are in lock step where one Python step moves all sentences of a batch.
"""
