# The places in the runner that make a call of the driver tables, as the table of reach.h.
#
#   awk -f sites.awk cann.def host.def FILE.c...
#
# A call is a member of a table with its arguments behind it; where the arguments end, the site does, since debug
# information may name any of its lines.
BEGIN {
	print "#include \"reach.h\"\n\nconst struct tare__site tare__sites[] = {"
}
END {
	print "};\nconst size_t tare__site_count = sizeof(tare__sites) / sizeof(tare__sites[0]);"
}
FILENAME ~ /\.def$/ {
	if (match($0, /^TARE_(CANN|HOST)\([A-Z]+, [A-Za-z_0-9]+/)) {
		name = substr($0, RSTART, RLENGTH)
		sub(/.*, /, "", name)
		calls[name] = 1
	}
	next
}
FNR == 1 { open = 0; file = FILENAME; sub(/.*\//, "", file) }
function add(text,    i, c) {
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "(") depth++
		if (c == ")" && --depth == 0) {
			printf "\t{ \"%s\", \"%s\", %d, %d },\n", call, file, first, FNR
			open = 0
			return substr(text, i + 1)
		}
	}
	return ""
}
{
	line = $0
	if (open) line = add(line)
	while (!open && match(line, /(->|\.)[A-Za-z_][A-Za-z_0-9]*\(/)) {
		call = substr(line, RSTART, RLENGTH - 1)
		sub(/^(->|\.)/, "", call)
		line = substr(line, RSTART + RLENGTH - 1)
		if (!(call in calls)) continue
		open = 1
		depth = 0
		first = FNR
		line = add(line)
	}
}
