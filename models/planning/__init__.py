"""Planning: who is visited when, by which rule, by whom, and what the rules ask for that cannot be done.

``due`` lists what is due, ``waivers`` what gives way, ``merge`` makes one visit of it, ``crews`` says who can go,
``assign`` finds days and crews, ``lending`` borrows them, ``certificate`` tells what is missing; ``year`` makes
budget and floors, ``draw`` draws, ``plan`` puts the nightly plan together.
"""
