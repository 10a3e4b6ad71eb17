"""Embedding bag: one vector for a whole bag of indices, whatever their order."""

from netlab.language import tr
from netlab.layers._fixes import set_option
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import BOOL, INT, Axis
from netlab.options import Choice, Int


class EmbeddingBag(Layer):
    """Looks up a learned vector for each index and pools them: y = mean, sum or maximum over t of W[xₜ].

    Shapes: x (B, T) of indices → y (B, embedding_dim). A quick baseline for texts: the order is ignored.
    """

    label = "Embedding bag"
    category = "Sequence"
    needs = "nothing"
    aliases = ("bag of words", "fasttext", "lookup", "text classification", "word vector")
    paper = "Joulin et al. 2016, https://arxiv.org/abs/1607.01759"
    torch_name = "torch.nn.EmbeddingBag"
    x = Input("Indices, one bag a sample: B × T.")
    y = Output("One vector a bag: B × embedding_dim.")
    num_embeddings = Int(256, min=1, max=16777216, unit="indices", help="How many different indices: the vocabulary.")
    embedding_dim = Int(64, min=1, max=65536, unit="features", help="Length of each vector.")
    mode = Choice("mean", ("mean", "sum", "max"), help="How the vectors of a bag become one.")
    padding_idx = Int(-1, min=-1, max=16777215, help="An index that is left out, such as padding; −1 leaves none out.")

    def shapes(self, x: Shape) -> Shape:
        if x.dtype != INT:
            message = tr(
                "Embedding bag wants indices (token ids) but gets {kind} ({shape}). Wire it to tokens.",
                kind=tr("a mask") if x.dtype == BOOL else tr("numbers"),
                shape=x,
            )
            raise ShapeError(message, port="x")
        if x.rank != 2:
            message = tr(
                "Embedding bag wants one row of indices a sample, B × T, but gets {shape}. "
                "Use Embedding, which takes any shape.",
                shape=x,
            )
            raise ShapeError(message, port="x")
        if self.padding_idx >= self.num_embeddings:
            message = tr(
                "padding_idx is {index}, but there are only {count} indices. Use -1 for none.",
                index=self.padding_idx,
                count=self.num_embeddings,
            )
            raise ShapeError(message, port="x", fixes=(set_option("padding_idx", -1),))
        return Shape((x[0], Axis("d", self.embedding_dim)))

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.num_embeddings, self.embedding_dim)}

    def code(self, x: Shape) -> Code:
        more = "" if self.mode == "mean" else f', mode="{self.mode}"'
        more += "" if self.padding_idx < 0 else f", padding_idx={self.padding_idx}"
        return Code(init=f"nn.EmbeddingBag({self.num_embeddings}, {self.embedding_dim}{more})")

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        return inputs["x"].elements() * self.embedding_dim  # looking up is free, pooling is not

    cases = [
        Case(x="int B T", y="B 64"),
        Case(x="int B T", num_embeddings=10, embedding_dim=3, mode="sum", padding_idx=0, y="B 3"),
        Case(x="int B T=4", mode="max", y="B 64"),
        Case(x="int B T", num_embeddings=10, padding_idx=10, error="Use -1"),
        Case(x="B 4", error="indices"),
        Case(x="int B", error="Embedding"),
    ]
