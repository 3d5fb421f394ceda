# SPDX-License-Identifier: BSD-2-Clause
# Debian roots to build and test in; to be sourced.
#
# make_root SUITE [FOLDER]  a minimal root of that release with the tree in
#                           /src; its path is in $root. Without FOLDER it is
#                           gone when the script ends
# inside COMMAND            runs it there, in /src
#
# What apt needs to reach its archive (sources, keys, proxies) is taken over
# from this machine; nothing else is. For another release than this machine's
# the name is exchanged in its sources.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=
keep=
scratch=

drop_root()
{
	for m in dev/null proc; do
		umount "$root/$m" 2>/dev/null || true
	done
	[ -n "$keep" ] || rm -rf --one-file-system "$root"
	rm -rf "$scratch"
}

# The sources of this machine, for another release: their copies in $scratch.
sources_for()
{
	local suite=$1 f to here
	sources=()
	here=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME-}") || true
	here=${here:-bookworm}
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources; do
		grep -qsE "(^| )$here( |-updates|-security|\$)" "$f" ||
			continue
		to=$scratch/$(basename "$f")
		sed -E "s/(^| )$here\>/\1$suite/g" "$f" >"$to"
		sources+=("$to")
	done
}

take_over_apt()
{
	local f d
	for f in /etc/apt/apt.conf.d/* /etc/apt/auth.conf.d/*; do
		[ -f "$f" ] || continue
		case $f in *docker* | *autoremove*) continue ;; esac
		install -D -m 644 "$f" "$root$f"
	done
	for f in /etc/resolv.conf /etc/hosts; do
		[ -e "$f" ] && cp -L "$f" "$root$f"
	done
	for d in /usr/local/share/ca-certificates /etc/ssl/certs; do
		[ -d "$d" ] && mkdir -p "$root$d" &&
			cp -rL "$d/." "$root$d/" 2>/dev/null || true
	done
}

make_root()
{
	local suite=$1
	keep=${2-}
	[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
	command -v mmdebstrap >/dev/null ||
		{ echo "skipped: mmdebstrap is not here"; exit 77; }
	root=${keep:-$(mktemp -d)}
	scratch=$(mktemp -d)
	trap drop_root EXIT
	sources_for "$suite"
	mmdebstrap --variant=minbase --include=ca-certificates "$suite" \
		"$root" "${sources[@]}"
	take_over_apt
	mkdir -p "$root/src"
	(cd "$top" && git ls-files -z | tar -cf - --null -T -) |
		tar -xf - -C "$root/src"
	mount -t proc proc "$root/proc" 2>/dev/null || true
}

inside()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		${http_proxy+http_proxy="$http_proxy"} \
		${https_proxy+https_proxy="$https_proxy"} \
		chroot "$root" bash -c "cd /src && $1"
}
