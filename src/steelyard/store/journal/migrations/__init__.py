"""How the tables of a journal came about, one step after the other; run by `schema`."""
