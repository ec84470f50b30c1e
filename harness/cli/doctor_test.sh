#!/bin/sh
# What doctor says, and what it ends with, on this host and on hosts that lack something.
#
#   doctor_test.sh TARE
set -u

tare=$1
wrong=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# STATUS TEXT VARIABLE=VALUE... [-- ARGUMENTS]: that status, and that text in what is said
says() {
	status=$1
	text=$2
	shift 2
	env "$@" >"$folder/out" 2>&1
	got=$?
	if [ "$got" -ne "$status" ] || ! grep -q -- "$text" "$folder/out"; then
		echo "wanted $status and \"$text\", got $got:" >&2
		cat "$folder/out" >&2
		wrong=1
	fi
}

says 0 '^tare run can work here$' "$tare" doctor
says 0 'ok *fixtures' "$tare" doctor
says 0 'ok *libtare_cann.so' "$tare" doctor
says 0 '"ready": true' "$tare" doctor --json
says 0 'missing *valgrind *not in PATH' PATH="$folder" "$tare" doctor
says 0 'no --valgrind leg' PATH="$folder" "$tare" doctor
says 1 'TMPDIR=/nowhere/at/all is no' TMPDIR=/nowhere/at/all "$tare" doctor
says 1 '"ready": false' TMPDIR=/nowhere/at/all "$tare" doctor --json
says 1 'TARE_MACHINE_ARCH=a6: must be a2a3 or a5' TARE_MACHINE_ARCH=a6 "$tare" doctor
says 2 'no option' "$tare" doctor --nonsense
says 2 "doctor takes no 'more'" "$tare" doctor more

# A program alone, without what belongs to it: it runs, for the library is named, and says what it lacks.
mkdir "$folder/alone"
cp "$tare" "$folder/alone/"
says 1 'missing *fixtures' LD_LIBRARY_PATH="$(dirname "$tare")" "$folder/alone/tare" doctor
exit $wrong
