#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# target_test TARE FIXTURES - foreign runtimes that are wrong, each in its way:
# the verdict and the sentence of every case, and that the run goes on; and
# descriptions that are wrong: exit 2 and one sentence.
set -eu

tare=$1
targets=$2/targets
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
failed=0

# judged STUB VERDICT SENTENCE...: both cases end with the verdict, and their text has the sentences
judged() {
	stub=$1
	verdict=$2
	shift 2
	status=0
	"$tare" run --target "$targets/stub_$stub.json" relaunch.kernel_registered_once prepared.two_ids_alternating \
		--launches 3 --out "$here/run" >"$here/out" 2>&1 || status=$?
	if [ "$status" -ne 1 ] || [ "$(grep -cE "^$verdict  (relaunch|prepared)" "$here/out")" -ne 2 ]; then
		echo "$stub: exit $status, wanted 1 and two cases with $verdict:" >&2
		cat "$here/out" >&2
		failed=1
	fi
	for sentence; do
		grep -qF -e "$sentence" "$here/out" && continue
		echo "$stub: not said: $sentence" >&2
		cat "$here/out" >&2
		failed=1
	done
	if ! grep -qF "<property name=\"tare.target\" value=\"stub that $stub\"/>" "$here/run/junit.xml"; then
		echo "$stub: the report does not name the target" >&2
		failed=1
	fi
}

# refused NAMED WORD...: exit 2, and one line on standard error that has NAMED
refused() {
	named=$1
	shift
	status=0
	"$tare" run --out "$here/refused" "$@" >"$here/out" 2>"$here/err" || status=$?
	if [ "$status" -ne 2 ] || [ -s "$here/out" ] || [ "$(wc -l <"$here/err")" -ne 1 ] ||
	   ! grep -qF -e "$named" "$here/err" || [ -e "$here/refused" ]; then
		echo "$*: exit $status, wanted 2 and one line that has: $named" >&2
		cat "$here/out" "$here/err" >&2
		failed=1
	fi
}

# described NAMED JSON
described() {
	printf '%s\n' "$2" >"$here/target.json"
	refused "$1" --target "$here/target.json"
}

judged crashes CRASH 'ended by SIGSEGV' 'prepare_callable (crashes.c:'
judged hangs TIMEOUT 'run_prepared (hangs.c:'
judged lies FAIL 'wanted 42' 'not judged: kernel images, at peak'
judged exits BROKEN 'exit(0) inside the case'
judged keeps_thread LEAK 'threads, after close: +1, wanted exactly 0' 'callable 0 is welcome'

refused 'of the ABI revision d9cdf01b8 it lacks get_aicpu_dlopen_count, get_host_dlopen_count' \
	--target "$targets/stub_lacks.json"
refused 'there is no adapter for that one' --target "$targets/stub_newer.json"
refused 'it exports none of the 26 functions' --target "$2/orchestrations/empty.so" --cell a5/sim/hbg
refused 'its name does not tell its cell' --target "$targets/stub_lies.so"
refused "'a5/*/hbg' is none" --target "$targets/stub_lies.so" --cell 'a5/*/hbg'
refused 'it is described as a5/sim/hbg' --target "$targets/stub_lies.json" --cell a5/onboard/hbg
refused "$here/absent" --target "$here/absent"

object="\"object\": \"$targets/stub_lies.so\""
described 'neither an object nor JSON: line 2' '{'
described 'neither an object nor JSON' 'not a description'
described 'is described by a JSON object' '[]'
described 'does not name an "object"' '{}'
described "$here/absent.so: there is no such file" '{ "object": "absent.so", "cell": "a5/sim/hbg" }'
described '"objekt" is no member' '{ "objekt": "a.so" }'
described "there is no cell 'a9/sim/hbg'" "{ $object, \"cell\": \"a9/sim/hbg\" }"
described 'names '"$here"'/aicpu.so, which' "{ $object, \"cell\": \"a5/sim/hbg\", \"aicpu\": \"aicpu.so\" }"
described "the library $here/first.so can" "{ $object, \"cell\": \"a5/sim/hbg\", \"libraries\": [ \"first.so\" ] }"
described '"libraries" must be a list' "{ $object, \"libraries\": \"first.so\" }"
described '"extension" must be true or false' "{ $object, \"extension\": \"no\" }"
described 'limit "launches" must be a number' "{ $object, \"limits\": { \"launches\": 0 } }"
described 'there is no limit "launch"' "{ $object, \"limits\": { \"launch\": 1 } }"
exit $failed
