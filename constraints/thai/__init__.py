"""Knowledge about written Thai that checkers look things up in: numbers, calendar, identifiers, letters, verse."""
