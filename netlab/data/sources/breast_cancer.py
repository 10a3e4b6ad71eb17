"""Breast cancer: benign or malignant, from measures of cell nuclei."""

from netlab.data.sources._tables import _Table

MEASURES = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry",
    "fractal dimension",
)  # fmt: skip


class BreastCancer(_Table):
    """569 tumours, 30 measures, 2 classes (Wisconsin Diagnostic, 1995)."""

    title = "Breast cancer"
    about = "Is a tumour malignant or benign? Thirty measures of cell nuclei in 569 images."
    origin = "Wolberg, Street and Mangasarian 1995, as shipped with scikit-learn"
    samples = 569
    size = 119_913
    loader = "load_breast_cancer"
    columns = tuple(f"{kind} {measure}" for kind in ("mean", "error of", "worst") for measure in MEASURES)
    classes = ("malignant", "benign")
