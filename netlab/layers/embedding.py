"""Embedding: a learned vector for every index."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import FLOAT, Axis
from netlab.options import Int


class Embedding(Layer):
    """Looks up a learned vector for each token id: y = W[x].

    Shapes: x (…) of indices → y (…, embedding_dim).
    """

    category = "Sequence"
    needs = "nothing"
    aliases = ("lookup", "word vector", "token embedding", "word2vec")
    paper = "Bengio et al. 2003, https://jmlr.org/papers/v3/bengio03a.html"
    torch_name = "torch.nn.Embedding"
    x = Input("Indices: token ids.")
    y = Output("A vector for each index.")
    num_embeddings = Int(256, min=1, max=16777216, unit="indices", help="How many different indices: the vocabulary.")
    embedding_dim = Int(64, min=1, max=65536, unit="features", help="Length of each vector.")

    def shapes(self, x: Shape) -> Shape:
        if x.dtype == FLOAT:
            message = tr(
                "Embedding wants indices (token ids) but gets numbers ({shape}). Use a Linear, or wire it to tokens.",
                shape=x,
            )
            raise ShapeError(message, port="x")
        return Shape((*x.axes, Axis("d", self.embedding_dim)))

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.num_embeddings, self.embedding_dim)}

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return 0

    def code(self, x: Shape) -> Code:
        return Code(init=f"nn.Embedding({self.num_embeddings}, {self.embedding_dim})")

    cases = [
        Case(x="int B T", y="B T 64"),
        Case(x="int B", num_embeddings=10, embedding_dim=3, y="B 3"),
        Case(x="B 4", error="indices"),
    ]
