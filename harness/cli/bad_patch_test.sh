#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# bad_patch_test TARE - what `tare defects` says to patches that it must not or can't apply
#
# The program is copied, so that its workshops lie in a folder of the test's, over a tree of a few lines.
set -eu

tare=$1
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cp "$tare" "$here/tare"
tree=$here/source
mkdir -p "$tree/runner" "$tree/harness" "$tree/suites" "$tree/reports" "$tree/scripts" "$tree/fixtures/defects"
printf 'cmake_minimum_required(VERSION 3.25)\nproject(nothing NONE)\nadd_custom_target(tare)\n' >"$tree/CMakeLists.txt"
touch "$tree/README.md" "$tree/LICENSE"
printf 'one\ntwo\nthree\n' >"$tree/runner/x.c"
failed=0

# patch: a head, and behind it standard input
patch() {
	{
		printf 'Incident: #1\nWhat: nothing\nCases: relaunch.*\nVerdict: LEAK\n\n'
		cat
	} >"$tree/fixtures/defects/one.patch"
}

# says STATUS WORDS ARGUMENT...
says() {
	wanted=$1
	words=$2
	shift 2
	status=0
	LD_LIBRARY_PATH=$(dirname "$tare") "$here/tare" defects --source "$tree" "$@" >"$here/said" 2>&1 || status=$?
	if [ "$status" -ne "$wanted" ] || ! grep -qF -e "$words" "$here/said"; then
		echo "defects $*: exit $status, wanted $wanted and '$words':" >&2
		cat "$here/said" >&2
		failed=1
	fi
}

patch <<-'END'
	--- a/runner/x.c
	+++ b/runner/x.c
	@@ -1,3 +1,3 @@
	 one
	-TWO
	+zwei
	 three
END
says 2 'the patch does not apply: runner/x.c, hunk #1 FAILED at 1'
says 2 '0 of 1 caught'
says 0 'wants     LEAK by relaunch.*' --list
says 2 '--some N and --by TEXT' --some 1
says 2 '--record is of all' --record one
says 2 'at most 16' -j 17

patch <<-'END'
	--- a/runner/gone.c
	+++ b/runner/gone.c
	@@ -1 +1 @@
	-one
	+eins
END
says 2 'the patch does not apply: a file that it changes is gone'

patch <<-'END'
	--- a/../outside
	+++ b/../outside
	@@ -0,0 +1 @@
	+one
END
says 2 'outside of runner, harness, suites and fixtures'
[ ! -e "$here/outside" ] || failed=1

# A link out of the tree: the copy has none, so nothing is written through it.
mkdir "$here/elsewhere"
ln -s "$here/elsewhere" "$tree/runner/link"
patch <<-'END'
	--- /dev/null
	+++ b/runner/link/through
	@@ -0,0 +1 @@
	+one
END
says 1 'MISSED'
[ ! -e "$here/elsewhere/through" ] || failed=1
exit $failed
