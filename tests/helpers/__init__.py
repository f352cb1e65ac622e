"""What tests share: the toy corpus and model, generated input, finite differences, a browser."""
