"""Worlds: all that tests judge, from one firm with a few events to a coded home.

- ``by_hand``: one firm and a few events around one day; ``strategies``: worlds that hypothesis draws
- ``cells``: cells of one file; ``deliveries``: files as an authority sends them
- ``exports``: the same as systems write them, untidy
- ``warehouses``: what is taken in, coded, planned, without files
- ``runs``: the demo city as a delivery, commands of the CLI, here or as processes; ``homes``: what they leave
- ``plans``: officers, visits and days to plan; ``packs``: rules that differ; ``panels``: what cards are fitted on
- ``passports``: what an enterprise is shown; ``effort``: how much is tried; ``once``: what workers share

What is dear is made once for all workers (``once``), kept read-only, and copied by whoever writes in it.
"""
