"""Worlds: all that tests judge, from one firm with a few events to a coded home.

What is dear is made once for all workers (``once``), kept read-only, and copied by whoever writes in it.
"""
