#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# exports_test MAP ABI_DEF OBJECT... - what the shared objects show
#
# The map, the header's rows with tare_ext_v1, and each object's dynamic
# symbols must be the same set of names.
set -eu

map=$1
rows=$2
shift 2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT

sed -n '/^global:/,/^local:/s/^	\([a-z_0-9]*\);$/\1/p' "$map" | sort >"$here/map"
{
	sed -n 's/^TARE_ABI([^,]*, \([a-z_0-9]*\),.*/\1/p' "$rows"
	echo tare_ext_v1
} | sort >"$here/header"

if [ "$(wc -l <"$here/map")" -ne 27 ]; then
	echo "$map: $(wc -l <"$here/map") names, wanted 26 and tare_ext_v1" >&2
	exit 1
fi
if ! diff -u "$here/header" "$here/map"; then
	echo "$map and $rows differ" >&2
	exit 1
fi
for object; do
	nm -D --defined-only "$object" | awk '{ print $NF }' | sort >"$here/object"
	if ! diff -u "$here/map" "$here/object"; then
		echo "$object shows other names than $map" >&2
		exit 1
	fi
done
