"""What positional encodings with a longest sequence ask of their input."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers.shape import Shape, ShapeError, need_sequence


def need_length(x: Shape, max_len: int, what: str) -> Shape:
    """Refuse anything but a sequence, and one that is longer than `max_len`."""
    need_sequence(x, what)
    length = x[1].size
    if length is not None and length > max_len:
        message = tr(
            "The sequence is {length} steps long but max_len is {max_len}. Set max_len to {length}.",
            length=length,
            max_len=max_len,
        )
        raise ShapeError(message, port="x", fixes=(set_option("max_len", length),))
    return x
