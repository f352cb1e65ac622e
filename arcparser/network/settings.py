"""Say what a network is: its widths, its layers, and what its states show."""

from __future__ import annotations

from dataclasses import dataclass, fields

from arcparser.errors import UsageError, quote
from arcparser.nn.bidirectional import CELLS

MOST_LAYERS = 8
LARGEST_WIDTH = 65_536

_NONE_WITHOUT = {"vector_width", "pretrained_layers", "pretrained_inputs"}  # 0 where nothing of the kind is given


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold the settings of a network, which its weights must fit.

    How it is trained is in `arcparser.learning.presets`; `arcparser train --config` sets any of both by name.

    Raises:
        UsageError: A value is impossible.
    """

    # Word vectors
    form_width: int = 128
    character_width: int = 32
    character_hidden: int = 64  # of each direction
    vector_width: int = 0  # of static word vectors; set by --vectors and --vector-width
    pretrained_layers: int = 0  # of a pretrained encoder, that are read; set by --encoder
    pretrained_inputs: int = 0  # the width of what it says of a word; set by --encoder
    pretrained_width: int = 128  # of what is made of that
    # Encoder
    cell: str = "lstm"  # of the recurrent layers: "lstm" or "qrnn" (arcparser.nn)
    layers: int = 2
    first_hidden: int = 112  # of each direction of the first layer, which finds the tags
    hidden: int = 192  # and of those above
    tags_only: bool = False  # whether the second layer reads the tags' hidden layer instead of the first layer
    feature_sums: bool = False  # whether the weights of a FEATS value are a sum over its features, beside its own
    lemma_hidden: int = 128  # of the layer that finds lemmas
    # Scorers
    tag_hidden: int = 64
    graph_width: int = 64
    label_width: int = 64
    children: bool = True  # whether a state shows the outermost children of s0 and s1, and their labels
    graph_features: bool = True  # whether a state shows what the graph scorer finds probable; it is trained in any case
    state_width: int = 64  # of a word's vector as the transition scorer sees it
    action_hidden: int = 96

    def __post_init__(self) -> None:
        if not isinstance(self.cell, str) or self.cell not in CELLS:
            raise UsageError(f"cell = {quote(self.cell)}: take one of {', '.join(CELLS)}")
        for f in fields(self):
            value = getattr(self, f.name)
            least = 0 if f.name in _NONE_WITHOUT else 1
            if f.type == "int" and (type(value) is not int or value < least):
                raise UsageError(f"{f.name} = {quote(value)}: give a whole number of at least {least}")
            if f.type == "int" and value > LARGEST_WIDTH:
                raise UsageError(f"{f.name} = {quote(value)}: give at most {LARGEST_WIDTH}")
            if f.type == "bool" and type(value) is not bool:
                raise UsageError(f"{f.name} = {quote(value)}: it is a switch, give true or false")
        if self.layers > MOST_LAYERS:
            raise UsageError(f"layers = {self.layers}: layers must be at most {MOST_LAYERS}")
        if bool(self.pretrained_layers) != bool(self.pretrained_inputs):
            raise UsageError("pretrained_layers and pretrained_inputs are set by --encoder: leave them out")
