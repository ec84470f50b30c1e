#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bad_input_test TARE - what `tare` says to wrong words, variables and places
#
# Exit 2, one sentence on standard error that names what is wrong, nothing on
# standard output, and no report begun.
set -eu

tare=$1
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
one='relaunch.images_follow_contents@a5/sim/hbg'
failed=0

# refused NAMED [VARIABLE=VALUE...] WORD...: the words, with these variables
refused() {
	named=$1
	shift
	status=0
	env "$@" >"$here/out" 2>"$here/err" || status=$?
	if [ "$status" -ne 2 ] || [ -s "$here/out" ] || [ "$(wc -l <"$here/err")" -ne 1 ] ||
	   ! grep -qF -e "$named" "$here/err" || [ -e "$here/run" ]; then
		echo "$*: exit $status, wanted 2 and one line that names $named:" >&2
		cat "$here/out" "$here/err" >&2
		failed=1
	fi
	rm -rf "$here/run"
}

run() {
	named=$1
	shift
	refused "$named" "$tare" run "$one" --out "$here/run" "$@"
}

variable() {
	refused "$1" "$1" "$tare" run "$one" --out "$here/run"
}

refused "'bogus'" "$tare" bogus
refused "'no.such_case'" "$tare" run no.such_case --out "$here/run"
refused "'no.such_case'" "$tare" list no.such_case
refused "'no.such_case'" "$tare" explain no.such_case
refused "'a7/*/hbg'" "$tare" run --cell 'a7/*/hbg' --out "$here/run"
run "'--bogus'" --bogus
run "'-1'" --launches -1
run "'0'" --launches 0
run "'many'" --launches many
run "'99999999999'" --launches 99999999999
run "1 to 5" --level 6
run "'0'" --level 0
run "'-3'" --seed -3
run "no fault token" --fault 41
run "another build" --fault 00000000.41:error
run "a call fails once" --fault 00000000.41:error:41:null
run "a kind is one of" --fault 00000000.41:sideways
refused "'0'" "$tare" sweep "$one" --out "$here/run" --budget 0
refused "no option '--pairs'" "$tare" run "$one" --out "$here/run" --pairs
refused "declares its faults" "$tare" sweep "$one" --out "$here/run"
refused "--here --fault TOKEN" "$tare" sweep "$one" --out "$here/run" --here
refused "the one point" "$tare" sweep "$one" --out "$here/run" --fault 00000000.41:error --pairs
run "'foo'" --driver foo
run "--junit" --junit
refused "DIR is empty" "$tare" run "$one" --out ''
refused "/dev/null" "$tare" run "$one" --out /dev/null/here

variable TARE_MACHINE_ARCH=a9
variable TARE_MACHINE_MEMORY=-1
variable TARE_MACHINE_LARGEST_BLOCK=much
variable TARE_MACHINE_IMAGE_COST=none
variable TARE_MACHINE_RESET=never
variable TARE_MACHINE_FABRIC=cotton
variable TARE_MACHINE_WORKERS=17
variable TARE_MACHINE_SEED=x
variable TARE_MACHINE_KERNEL_BUDGET_MS=0
variable TARE_MACHINE_WITHOUT=all
variable TARE_MACHINE_ROOT="$here/absent"
variable TMPDIR="$here/absent"
variable TMPDIR=relative
variable TMPDIR=/dev/null

mkdir "$here/alone"
cp "$tare" "$here/alone/tare"
refused "$here/alone/fixtures" LD_LIBRARY_PATH="$(dirname "$tare")" "$here/alone/tare" run "$one" --out "$here/run"

# A report that can't be written is found out before the first case, beside others that can.
for option in --junit --html; do
	for place in /dev/full /dev/null/report "$here"; do
		status=0
		"$tare" run "$one" --out "$here/run" $option "$place" >"$here/out" 2>"$here/err" || status=$?
		if [ "$status" -ne 2 ] || ! grep -qF -e "$place" "$here/err"; then
			echo "$option $place: exit $status, wanted 2 and a line that names it" >&2
			cat "$here/out" "$here/err" >&2
			failed=1
		fi
	done
done
exit $failed
