"""Input: where a field of the data enters the model."""

from netlab.language import tr
from netlab.layers.layer import Case, Code, Layer, Output, Shape, ShapeError
from netlab.options import Text


class Input(Layer):
    """One field of the data set, such as the image, the tokens or the label.

    Shapes: as the data says, with the batch axis B in front.
    """

    category = "Data"
    aliases = ("data", "source", "image", "tokens", "label", "target")
    role = "input"
    y = Output("The field, with the batch axis in front.")
    field = Text("", suggests="fields", help="Which field of the data set enters here.")

    def shapes(self) -> Shape:
        raise ShapeError(tr("The shape of an input comes from the data set; choose a field."))

    def code(self) -> Code:
        return Code(forward="")

    cases = [Case(error="choose a field")]
