# One Check program per source file; the name of the program is the whole rule.
