"""CO₂: how much there was in the air over Hawaii, week by week."""

from netlab.data.sources._resource_series import _ResourceSeries
from netlab.options import Int


class Co2(_ResourceSeries):
    """Carbon dioxide in the air at Mauna Loa, 1958 to 2001: 2,284 weeks, 59 of them without a value (Keeling)."""

    title = "CO₂ at Mauna Loa"
    about = "How much carbon dioxide will there be in the next weeks? 44 years of a rising, breathing curve."
    licence = "public domain"
    origin = "Keeling and Whorf 2004, CDIAC, as shipped with statsmodels"
    samples = 2284
    size = 38_542
    file, column = "co2.csv", "co2"
    window = Int(104, min=1, max=1000, unit="weeks", help="How many weeks the model sees.")
    horizon = Int(13, min=1, max=200, unit="weeks", help="How many weeks it foretells.")
