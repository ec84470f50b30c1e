#!/bin/sh
# What `cmake --install` lays down works where it is moved to, and takes nothing from the build.
#
#   installed_test.sh CMAKE BUILD
set -eu

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$1" --install "$2" --prefix "$place/first" >/dev/null
mv "$place/first" "$place/second"
cd "$place"
second/bin/tare doctor >"$place/said" || { cat "$place/said" >&2; exit 1; }
library=$(sed -n 's/^ *ok *libtare_cann.so *\([^,]*\).*/\1/p' "$place/said")
fixtures=$(sed -n 's/^ *ok *fixtures *//p' "$place/said")
[ "$library" = "$place/second/lib/tare/libtare_cann.so" ] || { echo "the library is $library" >&2; exit 1; }
[ "$fixtures" = "$place/second/bin/../share/tare/fixtures" ] || { echo "the fixtures are $fixtures" >&2; exit 1; }
second/bin/tare run relaunch.kernel_registered_once --launches 20 --out "$place/out" >"$place/said" 2>&1 || {
	cat "$place/said" >&2
	exit 1
}
second/bin/tare run relaunch.kernel_registered_once --launches 20 --out "$place/out" \
	--target second/share/tare/fixtures/targets/a5_sim_hbg.json >"$place/said" 2>&1 || { cat "$place/said" >&2; exit 1; }
[ "$(find second/lib/tare/cann -type l | wc -l)" -ge 8 ]
for link in second/lib/tare/cann/*; do
	[ -r "$link" ] || { echo "$link leads nowhere" >&2; exit 1; }
done
