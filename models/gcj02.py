"""Where Chinese navigation has a place: GCJ-02, which lies some hundred metres beside WGS 84.

The law lets maps be sold in this system alone, and no authority has published it; the formula is the one that everybody
uses, exact to some metres, which is enough to find a gate.
"""

from math import cos, pi, radians, sin, sqrt

_AXIS, _ECCENTRICITY = 6_378_245.0, 0.006_693_421_622_965_943
"""Of the ellipsoid of Krasovsky: half of the long axis in metres, and the square of the eccentricity."""
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north of where places are moved, in degrees; it holds parts of other countries too."""


def gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """A place of WGS 84 in GCJ-02, both as longitude and latitude in degrees; outside of China it stays as it is."""
    west, south, east, north = _CHINA
    if not (west <= longitude <= east and south <= latitude <= north):
        return longitude, latitude
    x, y = longitude - 105, latitude - 35
    wave = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    up = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    up += (
        (wave + 20 * sin(y * pi) + 40 * sin(y * pi / 3) + 160 * sin(y * pi / 12) + 320 * sin(y * pi / 30))
        * 2
        / 3
    )
    right = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    right += (
        (wave + 20 * sin(x * pi) + 40 * sin(x * pi / 3) + 150 * sin(x * pi / 12) + 300 * sin(x * pi / 30))
        * 2
        / 3
    )
    bend = 1 - _ECCENTRICITY * sin(radians(latitude)) ** 2
    up /= radians(1) * _AXIS * (1 - _ECCENTRICITY) / (bend * sqrt(bend))
    right /= radians(1) * _AXIS / sqrt(bend) * cos(radians(latitude))
    return longitude + right, latitude + up
