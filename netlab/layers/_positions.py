"""What positional encodings with a longest sequence ask of their input."""

from netlab.layers.shape import Fix, Shape, ShapeError, need_sequence


def need_length(x: Shape, max_len: int, what: str) -> Shape:
    """Refuse anything but a sequence, and one that is longer than `max_len`."""
    need_sequence(x, what)
    length = x[1].size
    if length is not None and length > max_len:
        message = f"The sequence is {length} steps long but max_len is {max_len}. Set max_len to {length}."
        fix = Fix(f"Set max_len to {length}", "set_option", {"name": "max_len", "value": length})
        raise ShapeError(message, port="x", fixes=(fix,))
    return x
