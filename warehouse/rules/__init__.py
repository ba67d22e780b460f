"""Rules in force: packs and cards that were stored, and who put which in force from when."""
