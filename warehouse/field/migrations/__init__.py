"""Steps that bring an older ledger up to date; each stands in ``versions`` and stays as it was released."""
