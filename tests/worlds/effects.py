"""What a card would change, by numbers small enough to add up in one's head."""

from models.learning.effects import Effects, GroupCodes
from models.planning.crews.capacity import Capacity

CHANGED = Effects(
    on="2026-06-30",
    red_now=150,
    red_then=100,
    newly_red=10,
    no_longer_red=60,
    red_by_rule=40,
    capacity=Capacity(80, 5),
    groups=(
        GroupCodes(
            "sector",
            "general",
            {"green": 700, "blue": 50, "yellow": 20, "red": 30},
            {"green": 650, "blue": 100, "yellow": 30, "red": 20},
        ),
        GroupCodes(
            "sector",
            "hazardous_chemicals",
            {"green": 20, "blue": 50, "yellow": 10, "red": 120},
            {"green": 50, "blue": 50, "yellow": 20, "red": 80},
        ),
        GroupCodes(
            "size",
            "unknown",
            {"green": 720, "blue": 100, "yellow": 30, "red": 150},
            {"green": 700, "blue": 150, "yellow": 50, "red": 100},
        ),
    ),
)
"""A thousand enterprises, of which fewer would be RED; still more than 80 visits in 5 days."""
