"""PatchEmbedding: cut an image into patches and read them as a sequence."""

from math import prod

from netlab.language import tr
from netlab.layers._fixes import insert, set_option
from netlab.layers._sliding import times
from netlab.layers.layer import Case, Code, Input, Layer, Output, Shape, ShapeError, Shapes
from netlab.layers.shape import Axis, compact, need_image
from netlab.options import Bool, Int, Size


class PatchEmbedding(Layer):
    """A vector for each patch of an image, row by row: y[t] = W · flatten(patch t) + b.

    Shapes: x (B, C, H, W) → y (B, T, embedding_dim) with T = H / patch · W / patch, one more with a class token.
    The start of a vision transformer; a positional encoding belongs behind it.
    """

    label = "Patch embedding"
    category = "Convolution"
    aliases = ("vit", "vision transformer", "patches", "image to sequence", "tokens", "cls token")
    paper = "Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929"
    x = Input("Images: B × C × H × W; patch_size divides H and W.")
    y = Output("Patches as a sequence: B × T × embedding_dim.")
    patch_size = Size((4, 4), min=1, max=1024, unit="pixels", help="Height and width of a patch.")
    embedding_dim = Int(64, min=1, max=65536, unit="features", help="Width of the vector of a patch.")
    class_token = Bool(False, help="Put a learned vector first, from which the whole image can be judged.")

    def shapes(self, x: Shape) -> Shape:
        need_image(x, "Patch embedding")
        sizes = (x.size(2), x.size(3))
        if any(size % patch for size, patch in zip(sizes, self.patch_size, strict=True)):
            raise self._uneven(sizes)
        patches = prod(size // patch for size, patch in zip(sizes, self.patch_size, strict=True))
        return Shape((x[0], Axis("T", patches + self.class_token), Axis("d", self.embedding_dim)))

    def _uneven(self, sizes: tuple[int, int]) -> ShapeError:
        fitting = [_nearest_divisor(size, patch) for size, patch in zip(sizes, self.patch_size, strict=True)]
        message = tr(
            "Patches of {patch} pixels do not cover {image} pixels evenly. "
            "Set patch_size to {fitting}, or put Pad image before it.",
            patch=times(self.patch_size),
            image=times(sizes),
            fitting=times(fitting),
        )
        bottom, right = (-size % patch for size, patch in zip(sizes, self.patch_size, strict=True))
        pad = insert("zero_pad2d", "Pad image", padding=[0, right, 0, bottom])
        return ShapeError(message, port="x", fixes=(set_option("patch_size", fitting, times(fitting)), pad))

    def weights(self, x: Shape) -> dict[str, tuple[int, ...]]:
        token = {"class_token": (1, 1, self.embedding_dim)} if self.class_token else {}
        return {
            "projection.weight": (self.embedding_dim, x.size(1), *self.patch_size),
            "projection.bias": (self.embedding_dim,),
            **token,
        }

    def code(self, x: Shape) -> Code:
        more = ", class_token=True" if self.class_token else ""
        return Code(
            init=f"PatchEmbedding({x.size(1)}, {self.embedding_dim}, patch_size={compact(self.patch_size)}{more})",
            imports=("from netlab.nn.convolution import PatchEmbedding",),
        )

    def flops(self, inputs: Shapes, outputs: Shapes, weights: dict[str, tuple[int, ...]]) -> int:
        patches = outputs["y"].size(1) - self.class_token
        return patches * (self.embedding_dim + 2 * prod(weights["projection.weight"]))

    cases = [
        Case(x="B C=3 H=8 W=12", y="B T=6 64"),
        Case(x="B C=3 H=8 W=12", patch_size=[2, 3], embedding_dim=10, class_token=True, y="B T=17 10"),
        Case(x="B C=1 H=28 W=28", patch_size=[8, 8], error="Set patch_size to 7 × 7"),
        Case(x="B C=1 H=3 W=8", error="Set patch_size to 3 × 4"),
        Case(x="B 784", error="wants an image"),
    ]


def _nearest_divisor(size: int, wanted: int) -> int:
    return min((n for n in range(1, size + 1) if size % n == 0), key=lambda n: abs(n - wanted))
