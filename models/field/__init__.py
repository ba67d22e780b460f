"""A visit as the desk keeps it: what is written down of it, the rules that must hold, and the steps it goes through.

Pure: what is known of the enterprise and its officers, the policy and the moment are arguments.  Clauses D1, D2, D5,
D6, C6, P4, P8 and P11 of the mission digest.
"""
