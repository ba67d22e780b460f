"""What would change a code: the smallest sets of acts that better it, and which single event would make it RED.

An *act* is something an enterprise can do, or bring about, today.  It is data: what it changes of the events of the
coded day (``models.features.acts``).  It never changes what held before that day.

A set of acts *works* when it makes the code better than today's by the *target day*: the coded day plus the dwell of
today's code, the earliest day on which the change rules let a code get better whose facts are clearly better from
today on.  Everything else stays as it is and nothing new is learnt.  What is promised is the first day, no later than
the target day, on which the code is better than today's, and the code of that day; on the target day it is better
still or again.  Asked are the sets with the fewest acts.  Where the empty set works, waiting is enough.  Where no set
works, only time helps, and the forecast says when.

Nothing is estimated: each set is a scenario, judged and led through the change rules like any other world
(``scenarios``).  ``search`` asks for as few of them as it takes to leave no smaller set out; ``monotonicity`` says
under which policies it may skip some.
"""

from models.counterfactuals.near_red import near_red
from models.counterfactuals.options import WAYS_SCHEMA, ways
from models.counterfactuals.scenarios import Asked

__all__ = ["WAYS_SCHEMA", "Asked", "near_red", "ways"]
