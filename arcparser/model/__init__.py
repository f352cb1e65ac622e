"""A trained model: networks, card and segmentation, in a file.

The modules in reading order:

- `calibration`: probabilities that mean what they say
- `sources`: what a model comes from
- `model`: networks, card and segmentation
- `registry`: models by name
- `pretrained_entry`: what a model file says of a pretrained encoder, and holds of it
- `stored_weights`: weights rounded to the arrays of a file, and taken from there
- `array_file`: the bytes of such a file: arrays and a JSON header, written and read
- `model_file`: a model saved to a file, loaded and checked
- `description`: a model for people to read
- `fetch`: models fetched by name, and removed
- `listing`: all models there are, installed or not
"""
