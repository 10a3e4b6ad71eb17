"""Sunspots: how many there were, year by year."""

from netlab.data.sources._resource_series import _ResourceSeries
from netlab.options import Int


class Sunspots(_ResourceSeries):
    """Yearly numbers of sunspots, 1700 to 2008: 309 years, with cycles of about eleven."""

    title = "Sunspots"
    about = "How many sunspots will there be next year? 309 years with a cycle of about eleven."
    licence = "public domain"
    origin = "National Geophysical Data Center, as shipped with statsmodels"
    samples = 309
    size = 2_944
    file, column = "sunspots.csv", "sunspots"
    window = Int(22, min=1, max=200, unit="years", help="How many years the model sees.")
    horizon = Int(1, min=1, max=50, unit="years", help="How many years it foretells.")
