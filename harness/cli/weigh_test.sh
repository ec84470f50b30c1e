#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# weigh_test TARE FIXTURES OBJECT - callables of the user's own: a good one and
# one that leaks, kernels linked from OBJECT or taken as built; and wrong words.
set -eu

tare=$1
fixtures=$2
object=$3
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
failed=0

# weighed STATUS SAID WORD...
weighed() {
	wanted=$1
	said=$2
	shift 2
	status=0
	"$tare" weigh "$@" --launches 20 --out "$here/run" >"$here/out" 2>&1 || status=$?
	if [ "$status" -ne "$wanted" ] || ! grep -qE -e "$said" "$here/out"; then
		echo "$*: exit $status, wanted $wanted and: $said" >&2
		cat "$here/out" >&2
		failed=1
	fi
}

refused() {
	said=$1
	shift
	weighed 2 "$said" "$@"
	if [ "$(wc -l <"$here/out")" -ne 1 ]; then
		echo "$*: more than one line" >&2
		cat "$here/out" >&2
		failed=1
	fi
}

leak="$fixtures/weigh/leaks_block.so"
vector="$fixtures/orchestrations/vector_example.so"
three='f32[128,128]=2,f32[16384]=3,f32[16384]'

weighed 1 'bytes by the driver, from first launch to last: \+' --orchestration "$leak" --kernel "0:aiv:$object" \
	--args 'f32[1024]=2,f32[1024]' --signature IN,OUT --cell a5/onboard/hbg
weighed 1 '^LEAK  weigh\.callable' --orchestration "$leak" --kernel "0:aiv:$object" --args 'f32[1024]=2,f32[1024]' \
	--target "$fixtures/targets/a2a3_onboard_hbg_abi.json"
for cell in a5/onboard/hbg a2a3/sim/hbg; do
	case $cell in
	*/sim/*) kernels=$fixtures/kernels/sim; end=so ;;
	*) kernels=$fixtures/kernels/onboard; end=bin ;;
	esac
	weighed 0 "^PASS  weigh\.callable@$cell" --orchestration "$vector" --cell "$cell" --args "$three" --entry build \
		--kernel "0:aiv:$object" --kernel "1:aiv:$kernels/add_scalar.$end" --kernel "2:aiv:$kernels/mul.$end"
done
grep -q 'name="callable"' "$here/run/junit.xml" || { echo "the report lacks the callable" >&2; failed=1; }
weighed 1 'FAIL  weigh' --orchestration "$vector" --entry nowhere --args "$three"

refused 'needs --orchestration'
refused 'orchestration: .*absent' --orchestration "$here/absent"
refused "kernel: '0:aiw:x'" --orchestration "$vector" --kernel 0:aiw:x
refused "kernel: '9999:aiv:x'" --orchestration "$vector" --kernel 9999:aiv:x
refused 'kernel: .*absent' --orchestration "$vector" --kernel "0:aic:$here/absent"
refused "args: 'f31\[4\]'" --orchestration "$vector" --args 'f32[4]=1,f31[4]'
refused "args: 'f32\[0\]'" --orchestration "$vector" --args 'f32[0]'
refused "args: 'f32\[4'" --orchestration "$vector" --args 'f32[4'
refused "signature: 'UP'" --orchestration "$vector" --args 'f32[4]' --signature UP
refused 'has 2 directions, and --args has 1' --orchestration "$vector" --args 'f32[4]' --signature IN,OUT
refused "no cell 'a5/sim/rbt'" --orchestration "$vector" --cell a5/sim/rbt
exit $failed
