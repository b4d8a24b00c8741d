"""What no answer may be, one file for each kind of fault; pure functions from text to what was seen ("" where nothing).

`exemptions` is the one table of what a constraint may ask for and the screen must then allow. Does not judge whether an
answer is right, and does not read its constraints in any other way.
"""
