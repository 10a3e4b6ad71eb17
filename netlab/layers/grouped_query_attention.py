"""GroupedQueryAttention: many heads ask, few heads answer."""

from netlab.language import sentences, tr
from netlab.layers._attention import SelfAttention, attention_kept, projections, steps
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Fix, Shape, ShapeError, Shapes
from netlab.layers.shape import need_sequence
from netlab.options import Bool, Int


class GroupedQueryAttention(SelfAttention):
    """Self-attention whose query heads share keys and values in groups: softmax(Q K[g]ᵀ / √d_head) V[g].

    Shapes: x (B, T, d_model) → y (B, T, d_model). Almost as good as Multi-head attention, with fewer weights and less
    memory for keys and values; with one head for keys it is multi-query attention.
    """

    label = "Grouped-query attention"
    aliases = ("gqa", "mqa", "multi-query", "llama", "self-attention", "rope", "causal")
    paper = "Ainslie et al. 2023, https://arxiv.org/abs/2305.13245"
    torch_name = "torch.nn.functional.scaled_dot_product_attention"
    num_kv_heads = Int(2, min=1, max=1024, unit="heads", help="Heads for keys and values; has to divide num_heads.")
    rotary = Bool(False, help="Turn queries and keys by their position, so that the order counts.")

    def shapes(self, x: Shape, mask: Shape | None) -> Shape:
        d_model = need_sequence(x, "Grouped-query attention").last
        if self.num_heads % self.num_kv_heads:
            divisor = max(n for n in range(1, self.num_kv_heads + 1) if self.num_heads % n == 0)
            message = tr(
                "{keys} heads for keys do not divide {heads} heads. Use {divisor} for keys.",
                keys=self.num_kv_heads,
                heads=self.num_heads,
                divisor=divisor,
            )
            shared = self._shares(d_model, self.num_heads, divisor)
            raise ShapeError(message, port="x", fixes=(set_option("num_kv_heads", divisor),) if shared else ())
        if not self._shares(d_model, self.num_heads, self.num_kv_heads):
            raise self._refusal(d_model)
        return super().shapes(x, mask)

    def _shares(self, d_model: int, heads: int, kv_heads: int) -> bool:
        pairs = 2 if self.rotary else 1
        return heads % kv_heads == 0 and d_model % (heads * pairs) == 0

    def _refusal(self, d_model: int) -> ShapeError:
        message = tr("{heads} heads cannot share d_model = {d_model} evenly.", heads=self.num_heads, d_model=d_model)
        if self.rotary:
            message = tr(
                "{heads} heads of an even width cannot share d_model = {d_model} evenly.",
                heads=self.num_heads,
                d_model=d_model,
            )
        fitting = [n for n in range(1, self.num_heads) if self._shares(d_model, n, self.num_kv_heads)]
        if fitting:
            remedy = tr("Use {count} heads.", count=fitting[-1])
            return ShapeError(sentences(message, remedy), port="x", fixes=(set_option("num_heads", fitting[-1]),))
        if self.rotary and d_model % self.num_heads == 0:
            fix = Fix(tr("Turn rotary off"), "set_option", {"name": "rotary", "value": False})
            remedy = tr("Turn rotary off, or widen the sequence.")
            return ShapeError(sentences(message, remedy), port="x", fixes=(fix,))
        return ShapeError(sentences(message, tr("Widen the sequence with a Linear before it.")), port="x")

    def weights(self, x: Shape, mask: Shape | None) -> dict[str, tuple[int, ...]]:
        width = self._width(x)
        widths = {"q": (x.last, x.last), "k": (width, x.last), "v": (width, x.last), "out": (x.last, x.last)}
        return projections(widths, self.bias)

    def _width(self, x: Shape) -> int:
        """Numbers in all keys of one position."""
        return x.last // self.num_heads * self.num_kv_heads

    def code(self, x: Shape, mask: Shape | None) -> Code:
        more = f", {self.num_kv_heads}" + (", rotary=True" if self.rotary else "")
        return self.made_by("attention", "GroupedQueryAttention", x, mask, more)

    def kept(self, inputs: Shapes, outputs: Shapes) -> int:
        x = inputs["x"]
        return attention_kept(steps(x), steps(x), x.last)  # keys and values are repeated for every head

    cases = [
        Case(x="B T 64", y="B T 64"),
        Case(x="B T 24", num_heads=6, num_kv_heads=3, rotary=True, causal=True, bias=False, y="B T 24"),
        Case(x="B T 8", num_kv_heads=1, dropout=0.1, mask="bool B 1 1 T", causal=True, y="B T 8"),
        Case(x="B T 64", num_kv_heads=3, error="Use 2 for keys"),
        Case(x="B T 6", num_heads=4, num_kv_heads=2, error="Use 2 heads"),
        Case(x="B T 9", num_heads=3, num_kv_heads=3, rotary=True, error="Turn rotary off"),
        Case(x="B T 7", num_heads=4, error="Widen"),
        Case(x="B T 8", mask="bool S S", error="cannot stretch"),
        Case(x="B 64", error="wants a sequence"),
    ]
