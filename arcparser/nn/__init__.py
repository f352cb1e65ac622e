"""The layers, each with its gradient beside it.

Every layer is a function `y, backward = layer(x, weights..., gradients...)`. `backward(dy)` takes the gradient of the
loss on `y`, adds the gradients of the weights to the arrays given for them, and returns the gradient on `x`. Nothing
is recorded or differentiated automatically: each `backward` is written out by hand.

The letters of the shapes, everywhere in the package:

    B  sentences of a batch          U  distinct forms of a batch        A  width of the graph scorer
    L  words of the longest one      C  characters of those forms        P  named positions of a state
    T  words of the batch            D  width of a word's input vector   K  classes of a softmax
    S  states in lock step           H  width of a hidden layer          N  states of a batch, all steps together
"""
