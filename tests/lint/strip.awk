# strip.awk — C without comments and without the insides of literals, line by
# line; #include lines stay as they are. Sets code for the rules that follow
# in the caller's program (awk -f strip.awk -f rules.awk FILE...).

function strip(s,    out, c) {
	out = ""
	for (;;) {
		if (in_comment) {
			if (!match(s, /\*\//))
				return out
			s = substr(s, RSTART + 2)
			in_comment = 0
		}
		if (!match(s, /\/\*|\/\/|"|'/))
			return out s
		c = substr(s, RSTART, 1)
		if (c == "/") {
			out = out substr(s, 1, RSTART - 1) " "
			if (substr(s, RSTART + 1, 1) == "/")
				return out
			s = substr(s, RSTART + 2)
			in_comment = 1
			continue
		}
		out = out substr(s, 1, RSTART) c
		s = substr(s, RSTART + 1)
		while (length(s) > 0 && substr(s, 1, 1) != c)
			s = substr(s, substr(s, 1, 1) == "\\" ? 3 : 2)
		s = substr(s, 2)
	}
}

FNR == 1 { in_comment = 0 }
!in_comment && /^[ \t]*#[ \t]*include/ { code = $0; in_include = 1 }
in_include == 0 { code = strip($0) }
{ in_include = 0 }
