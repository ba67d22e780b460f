"""The mangler: takes a good delivery and damages it as spreadsheets, exports and people do.

``city`` is the delivery, ``registry`` lists the damages (``python -m tests.mangling`` prints them), ``oracle`` says
what became of a damaged delivery and whether that was told.

Some damage bears no trace, and is not in the list, because nobody who sees only the delivery can know of it:

- rows that were deleted, filtered away before the export, or cut off behind a whole row, while some are left;
- one column sorted, or shifted, alone; the cells of two rows, or two columns of the same kind, exchanged;
- a value replaced by another one that is possible: 3 for 1, 一般 for 重大, a blank for a value where a blank may stand,
  the valid credit code of another enterprise;
- a number given to two events of one enterprise, of another day of record each: that is how a correction is told;
- what is only said by looks: colours, text that is struck out, comments, rows hidden by a filter (which are read, and
  noted).
"""
