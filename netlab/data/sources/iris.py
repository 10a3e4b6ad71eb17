"""Iris: three kinds of flowers by the size of their leaves."""

from netlab.data.sources._tables import _Table


class Iris(_Table):
    """150 flowers, 4 measures, 3 species (Fisher 1936)."""

    title = "Iris"
    about = "Which of three species is this iris? Four measures of 150 flowers."
    origin = "Fisher 1936, as shipped with scikit-learn"
    samples = 150
    size = 2734
    loader = "load_iris"
    columns = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    classes = ("setosa", "versicolor", "virginica")
