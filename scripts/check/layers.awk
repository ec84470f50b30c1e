# Reads layers.txt, then every source, and says which include or call the drawing does not allow.

function complain(text) { print FILENAME ":" FNR ": " text }

# The folder that is a floor, or for a public header the floor that layers.txt gives it.
function floor_of(path,   part, n) {
	n = split(path, part, "/")
	if (path ~ /\/include\//)
		return header_floor[part[n]]
	if (part[1] == "runner" || part[1] == "harness")
		return part[1] "/" part[2]
	return part[1]
}

function half_of(floor,   part) { split(floor, part, "/"); return part[1] }

function allowed(from, to, name, test) {
	if (from == to || ((from, to) in may) || ((from, name) in may))
		return 1
	return test && (half_of(to) == half_of(from) || to == "plain" || from ~ /^harness/ || from == "fixtures")
}

function base_of(path) { sub(/.*\//, "", path); return path }

BEGIN {
	while ((getline line < list) > 0) {
		while (line ~ /\\$/ && (getline more < list) > 0)
			line = substr(line, 1, length(line) - 1) more
		n = split(line, word, /[ \t]+/)
		if (word[1] == "header")
			for (i = 3; i <= n; i++) header_floor[word[i]] = word[2]
		else if (word[1] == "floor") {
			known[word[2]] = 1
			for (i = 3; i <= n; i++) may[word[2], word[i]] = 1
		} else if (word[1] == "call") {
			for (colon = 2; word[colon] != ":"; colon++) watched[word[colon]] = 1
			for (i = 2; i < colon; i++)
				for (j = colon + 1; j <= n; j++) caller[word[i], word[j]] = 1
		}
	}
	for (i = 1; i < ARGC; i++)
		if (ARGV[i] !~ /=/) place[base_of(ARGV[i])] = ARGV[i]
}

FNR == 1 {
	floor = floor_of(FILENAME)
	test = FILENAME ~ /(_test\.c|\/test[^\/]*\.[ch]|\/fake[^\/]*\.[ch])$/
	plain = floor == "plain" || floor == "spec" || FILENAME ~ /\/include\//
	alone = FILENAME ~ /^fixtures\/(kernels|orchestrations)\//
	if (!floor)
		complain("a public header that layers.txt does not know")
	else if (!plain && !(floor in known))
		complain("no floor \"" floor "\" in layers.txt")
}

/^#include <tare\// {
	name = $0; sub(/^#include <tare\//, "", name); sub(/>.*/, "", name)
	to = header_floor[name]
	if (!to)
		complain("tare/" name " belongs to no floor in layers.txt")
	else if (!plain && !allowed(floor, to, name, test))
		complain(floor " may not include tare/" name " of " to)
	next
}

# A quoted name is looked for beside the file, and else by its last part in the whole tree.
/^#include "/ {
	name = $0; sub(/^#include "/, "", name); sub(/".*/, "", name)
	path = FILENAME; sub(/[^\/]*$/, "", path); path = path name
	while (path ~ /[^\/.]+\/\.\.\//) sub(/[^\/.]+\/\.\.\//, "", path)
	if ((getline line < path) >= 0) close(path)
	else path = place[base_of(name)]
	to = path ? floor_of(path) : name ~ /suites\.def$/ ? "suites" : ""
	if (!to)
		complain("\"" name "\" is nowhere in the tree")
	else if (!allowed(floor, to, base_of(name), test))
		complain(floor " may not include " name " of " to)
	next
}

!test && !alone && floor != "suites" && /[a-z]\(/ {
	line = $0
	if (line ~ /^[ \t]*(\/?\*|\/\/)/) next
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line); gsub(/\/\*.*\*\//, "", line)
	while (match(line, /[A-Za-z_][A-Za-z0-9_]*\(/)) {
		called = substr(line, RSTART, RLENGTH - 1)
		before = RSTART > 1 ? substr(line, RSTART - 1, 1) : " "
		if ((called in watched) && before != "." && before != ">" && !((called, floor) in caller))
			complain(called "() is not for " floor " to call")
		line = substr(line, RSTART + RLENGTH)
	}
}
