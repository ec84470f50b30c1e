#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# vendor_test TARE FIXTURES - a driver of somebody else's, which is another copy
# of the machine under the vendor's file names: what it does must not leak into
# the machine that the program has itself, nor the other way round.
set -eu

tare=$1
fixtures=$2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
failed=0
cp -L "$(dirname "$tare")/libtare_cann.so" "$here/libruntime.so"
for name in libascendcl libascend_hal libacl_rt libascendalog libunified_dlog; do
	ln -s libruntime.so "$here/$name.so"
done

# judged SAYS WORD...: a relaunch passes, and the output has SAYS
judged() {
	says=$1
	shift
	if ! LD_LIBRARY_PATH=$here "$tare" run relaunch.kernel_registered_once relaunch.the_registered_image_runs sanity.stream \
		--launches 5 --out "$here/run" "$@" >"$here/out" 2>&1 || ! grep -qF -e "$says" "$here/out" ||
		! grep -q '^PASS  relaunch.kernel_registered_once' "$here/out"; then
		echo "$*: not passed, or not said: $says" >&2
		cat "$here/out" >&2
		failed=1
	fi
}

# described NAME DRIVER MORE
described() {
	cat >"$here/$1.json" <<-END
	{ "name": "$1", "object": "$(dirname "$tare")/libhost_runtime_a5_onboard_hbg.so", "cell": "a5/onboard/hbg",
	  "driver": "$2", "aicpu": "$fixtures/objects/a5/aicpu.so", "dispatcher": "$fixtures/objects/a5/dispatcher.so" $3 }
	END
}

described by_words cann ''
described by_file "$here/libruntime.so" ''
described by_abi cann ', "extension": false'
judged 'PASS  sanity.stream' --driver cann --cell a5/onboard/hbg
judged 'PASS  sanity.stream' --target "$here/by_words.json"
judged 'PASS  sanity.stream' --target "$here/by_file.json"
judged 'SKIP  sanity.stream' --target "$here/by_abi.json"
exit $failed
