"""Files to take along: CSV, Excel, JSON, iCalendar."""
