#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# level_test TARE - a driver that can't give an image back: all that was explicit is returned, and residue stays
set -eu

tare=$1
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
failed=0

# ends STATUS SAYS WORD...: a run of one case on such a card, with the same level in the report
ends() {
	wanted=$1
	says=$2
	shift 2
	status=0
	TARE_MACHINE_WITHOUT=unregister "$tare" run 'relaunch.kernel_registered_once@a5/onboard/hbg' --launches 2 \
		--out "$here/run" "$@" >"$here/out" 2>"$here/err" || status=$?
	if [ "$status" -ne "$wanted" ] || ! grep -qF -e "$says" "$here/out" ||
	   ! grep -qF "tare.level.reached\" value=\"$says\"" "$here/run/junit.xml"; then
		echo "$*: exit $status, wanted $wanted and \"$says\":" >&2
		cat "$here/out" "$here/err" >&2
		failed=1
	fi
}

ends 0 'L1, L2 not judged' --level 1
ends 0 'L2, L3 not judged' --level 2
ends 1 'L2, L3 broken' --level 3
ends 1 'L2, L3 broken'
echo 'relaunch.kernel_registered_once@a5/onboard/hbg LEAK 2999-12-31 no unregister' >"$here/known"
ends 0 'L2, L3 broken' --baseline "$here/known"
exit "$failed"
