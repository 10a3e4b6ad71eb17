"""Diabetes: how far the illness went in a year."""

from netlab.data.sources._tables import _Table


class Diabetes(_Table):
    """442 patients, 10 measures, one number to foretell (Efron et al. 2004). The target is normalised too."""

    title = "Diabetes"
    about = "How far will diabetes progress in a year? Ten measures of 442 patients; the target is normalised."
    task = "regression"
    origin = "Efron, Hastie, Johnstone and Tibshirani 2004, as shipped with scikit-learn"
    samples = 442
    size = 31_219
    loader = "load_diabetes"
    columns = ("age", "sex", "bmi", "blood pressure", "tc", "ldl", "hdl", "tch", "ltg", "glucose")
