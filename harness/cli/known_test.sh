#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# known_test TARE FIXTURES - known failures of a runtime that really fails, in
# two cells: a run that fails, the baseline that is made of it, the run that no
# longer does; then what is known passes, is over, or fails in another way.
set -eu

tare=$1
targets=$2/targets
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
failed=0
known=$here/baseline.txt
cases='relaunch.kernel_registered_once prepared.two_ids_alternating'

# described STUB CELL: as a runtime of that cell
described() {
	printf '{ "name": "%s", "object": "%s", "cell": "%s", "limits": { "seconds": 5 } }\n' "$1" "$targets/stub_$1.so" "$2" \
		>"$here/target.json"
}

# ends STATUS SAYS WORD...: a run of both cases with these words
ends() {
	wanted=$1
	says=$2
	shift 2
	status=0
	# shellcheck disable=SC2086
	"$tare" run $cases --launches 3 --out "$here/run" "$@" >"$here/out" 2>&1 || status=$?
	if [ "$status" -ne "$wanted" ] || ! grep -qF -e "$says" "$here/out"; then
		echo "$*: exit $status, wanted $wanted and: $says" >&2
		cat "$here/out" >&2
		failed=1
	fi
}

# updated SAYS: the baseline, by the journal of the last run
updated() {
	"$tare" baseline update --baseline "$known" "$here/run/journal.jsonl" >"$here/out" 2>&1 || true
	grep -qF -e "$known: $1" "$here/out" && return
	echo "update does not say: $1" >&2
	cat "$here/out" >&2
	failed=1
}

for cell in a5/sim/hbg a2a3/onboard/hbg; do
	described lies "$cell"
	ends 1 'tensor 2 of vector_example, element 0: 0, wanted 42' --target "$here/target.json"
	updated '2 added, 0 dropped'
	ends 0 '0 passed, 0 wrong, 2 known' --target "$here/target.json" --baseline "$known"
	updated '0 added, 0 dropped'
done
[ "$(grep -cE '^[a-z_.]+@[a-z0-9/]+ FAIL [0-9-]{10} tensor' "$known")" -eq 4 ] || {
	echo "the baseline is not as it should be:" >&2
	cat "$known" >&2
	failed=1
}

# Our own runtime passes what is known of the other one: line 3 is that case of the first cell.
line=$(grep -n 'kernel_registered_once@a5/sim/hbg' "$known" | cut -d: -f1)
ends 1 "it passes, and $known:$line knows it as FAIL until " --cell a5/sim/hbg --baseline "$known"
described crashes a2a3/onboard/hbg
ends 1 'knows it as FAIL until ' --target "$here/target.json" --baseline "$known"
updated '0 added, 0 dropped'
grep -q '^relaunch.kernel_registered_once@a2a3/onboard/hbg CRASH ' "$known" || { echo "the verdict stayed" >&2; failed=1; }
ends 0 '2 known' --target "$here/target.json" --baseline "$known"

sed 's/ [0-9]\{4\}-[0-9][0-9]-[0-9][0-9] / 2020-02-29 /' "$known" >"$here/over"
mv "$here/over" "$known"
ends 1 'until 2020-02-29, which is over: ' --target "$here/target.json" --baseline "$known"

"$tare" run --cell a5/sim/hbg --launches 3 --out "$here/run" relaunch.kernel_registered_once >"$here/out" 2>&1
updated '0 added, 1 dropped'
exit $failed
