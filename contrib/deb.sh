#!/bin/sh
# deb.sh [DIR] — builds the Debian packages from what "make dist" has in it, into
# DIR (default: debian-packages). From a directory that has been configured.
set -eu
contrib=$(cd "$(dirname "$0")" && pwd)
out=${1:-debian-packages}
for tool in make dpkg-buildpackage dh; do
	command -v "$tool" >/dev/null 2>&1 || {
		echo "deb.sh: $tool is missing: apt-get install build-essential debhelper" >&2
		exit 1
	}
done
version=$(sed -n '1s/.*(\(.*\)-[^-]*).*/\1/p' "$contrib/debian/changelog")
make -s dist
[ -f "atlax-$version.tar.xz" ] || {
	echo "deb.sh: contrib/debian/changelog is of another version" >&2
	exit 1
}
rm -rf "$out"
mkdir "$out"
mv "atlax-$version.tar.xz" "$out/atlax_$version.orig.tar.xz"
cd "$out"
tar xf "atlax_$version.orig.tar.xz"
cp -r "$contrib/debian" "atlax-$version/debian"
cd "atlax-$version"
dpkg-buildpackage -us -uc
