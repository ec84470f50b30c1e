#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# baseline_test TARE - known failures, from their file to exit status and report
set -eu

tare=$1
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
failed=0
known=$here/baseline.txt

wrong() {
	echo "$*" >&2
	cat "$here/out" "$here/err" >&2
	failed=1
}

# ends STATUS SAYS: a run of two cases of which one can't pass, with the baseline that stands in $known
ends() {
	status=0
	"$tare" run 'relaunch.images_follow_contents@a5/sim/hbg' --out "$here/run" --launches 2 --baseline "$known" \
		>"$here/out" 2>"$here/err" || status=$?
	[ "$status" -eq "$1" ] || wrong "exit $status, wanted $1"
	grep -qF -e "$2" "$here/out" "$here/err" || wrong "it does not say: $2"
}

line() {
	echo "# known failures" >"$known"
	echo "$*" >>"$known"
}

one=relaunch.images_follow_contents@a5/sim/hbg

line "$one LEAK 2999-12-31 it leaks"
ends 1 "it passes, and $known:2 knows it as LEAK until 2999-12-31: it leaks"
line "sanity.aborts@a5/sim/hbg CRASH 2999-12-31 another case"
ends 0 "1 passed, 0 wrong, 0 known"
# On a card that keeps its images the case leaks for certain, and what is known is skipped in the report.
pinned=relaunch.kernel_registered_once@a5/onboard/hbg
line "$pinned LEAK 2999-12-31 the card keeps them"
TARE_MACHINE_WITHOUT=unregister "$tare" run "$pinned" --out "$here/run" --launches 2 --baseline "$known" \
	>"$here/out" 2>"$here/err" || wrong "a failure that is known failed the run"
grep -qF '<skipped message="known: the card keeps them"/>' "$here/run/junit.xml" || wrong "the report does not know it"

line "$one LEAK tomorrow it leaks"
ends 2 "$known:2: 'tomorrow' is no day"
line "$one LEAK 2027-02-30 it leaks"
ends 2 "$known:2: '2027-02-30' is no day"
line "$one LEEK 2027-02-28 it leaks"
ends 2 "$known:2: 'LEEK' is none of"
line "$one LEAK 2027-02-28"
ends 2 "$known:2: there is no reason"
line "relaunch.no_such_case LEAK 2027-02-28 it leaks"
ends 2 "$known:2: "
line "$one LEAK 2999-02-28 it leaks"
echo "relaunch.* FAIL 2999-02-28 all of them" >>"$known"
ends 2 "$known:3: relaunch."
rm "$known"
ends 2 "$known: No such file"

# A journal of a run in which one case failed and one passed: a line comes, a line goes, a comment and a reason stay.
cat >"$here/journal.jsonl" <<'END'
{"what":"plan","journal":1,"run":{"version":"0"},"cases":[{"suite":"relaunch","name":"images_follow_contents","arch":"a5","platform":"sim","graph":"hbg"},{"suite":"relaunch","name":"two_callables_in_turn","arch":"a5","platform":"sim","graph":"hbg"},{"suite":"relaunch","name":"kernel_registered_once","arch":"a5","platform":"sim","graph":"hbg"}]}
{"what":"ended","case":0,"attempt":1,"verdict":"LEAK","microseconds":1,"type":"Leak.Streams","message":"streams, after close: +1","body":"a body","known":"it leaks","readings":[]}
{"what":"ended","case":1,"attempt":1,"verdict":"PASS","microseconds":1,"readings":[]}
{"what":"ended","case":2,"attempt":1,"verdict":"CRASH","microseconds":1,"message":"ended by SIGSEGV","readings":[]}
{"what":"end","exit":1,"at":9}
END
cat >"$known" <<'END'
# streams are to be looked at
relaunch.images_follow_contents@a5/sim/hbg  LEAK  2999-12-31  streams stay (#7)
relaunch.two_callables_in_turn@a5/sim/hbg FAIL 2999-12-31 it failed once
sanity.aborts@a5/sim/hbg CRASH 2999-12-31 did not run
END
"$tare" baseline update --baseline "$known" "$here/journal.jsonl" >"$here/out" 2>"$here/err" || wrong "update failed"
grep -qxF '# streams are to be looked at' "$known" || wrong "the comment is gone"
grep -qxF 'relaunch.images_follow_contents@a5/sim/hbg  LEAK  2999-12-31  streams stay (#7)' "$known" || wrong "the reason is gone"
! grep -q two_callables_in_turn "$known" || wrong "what passes is still known"
grep -q '^sanity.aborts' "$known" || wrong "what did not run is gone"
grep -Eq '^relaunch.kernel_registered_once@a5/sim/hbg CRASH [0-9-]{10} ended by SIGSEGV$' "$known" || wrong "no line came"
cp "$known" "$here/before"
"$tare" baseline update --baseline "$known" "$here/journal.jsonl" >"$here/out" 2>"$here/err" || wrong "update failed"
cmp -s "$known" "$here/before" || wrong "a second update changed the file"

# In the report a known failure is skipped, with its reason and its body.
"$tare" report "$here/journal.jsonl" --junit "$here/junit.xml" >"$here/out" 2>"$here/err" || wrong "report failed"
cp "$here/junit.xml" "$here/out"
grep -qF '<skipped message="known: it leaks"/>' "$here/junit.xml" || wrong "it is not skipped"
grep -qF 'a body' "$here/junit.xml" || wrong "its body is gone"
grep -qF 'failures="0" errors="1" skipped="1"' "$here/junit.xml" || wrong "it counts as a failure"
exit $failed
