"""Names in generated code. User text never becomes code: it only inspires an identifier of our own."""

from __future__ import annotations

import keyword
import re
import unicodedata

# Words that would shadow something the generated text or nn.Module needs.
RESERVED = (
    frozenset(keyword.kwlist)
    | frozenset(keyword.softkwlist)
    | frozenset(
        """x F nn torch math self losses compute_loss forward train eval training parameters buffers modules
    children to cpu cuda half float double bfloat16 type apply requires_grad zero_grad state_dict load_state_dict
    register_buffer register_parameter add_module get_submodule named_parameters named_modules named_children
    extra_repr compile share_memory print len int str tuple dict list Model dump_patches call_super_init""".split()
    )
)


def identifier(text: str, fallback: str) -> str:
    """An ASCII identifier that looks like `text`: lower case, letters, digits and underscores only.

    >>> identifier("Größe 2!", "layer")
    'grosse_2'
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    word = re.sub(r"[^0-9a-z]+", "_", plain.lower()).strip("_")[:40]
    if not word:
        word = fallback
    if word[0].isdigit():
        word = f"{fallback}_{word}"
    return f"{word}_" if word in RESERVED else word


class Namespace:
    """Hands out identifiers that were not given before."""

    def __init__(self, taken: frozenset[str] = RESERVED) -> None:
        self._taken = set(taken)

    def take(self, wanted: str) -> str:
        """`wanted`, or `wanted_2`, `wanted_3`… if it is gone."""
        name, count = wanted, 1
        while not self.is_free(name):
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name

    def is_free(self, name: str) -> bool:
        """Whether nobody has this name."""
        return name not in self._taken and not hasattr(object, name)

    def reserve(self, *names: str) -> None:
        """Give out none of these."""
        self._taken.update(names)
