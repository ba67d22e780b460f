"""The desk on a page: what an inspector reads and records in a browser, and the same as JSON.

It reads the published copy and writes the ledger of the field; it never opens the warehouse.
"""
