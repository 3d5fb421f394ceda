# SPDX-License-Identifier: BSD-2-Clause
# Debian's packages of another suite, without a change to this machine; to be
# sourced after root.sh.
#
# private_apt FOLDER SECONDS SUITE...  apt with lists, cache and settings of its
#                           own in FOLDER; ${apt[@]} is then apt-get,
#                           ${apt_cache[@]} apt-cache. The first SUITE must be
#                           a release, the rest are suites beside it. No call
#                           lasts longer than SECONDS. 1: there is no Debian
#                           archive in this machine's sources
#
# The archive is the one that this machine's apt uses, and so are its settings,
# but not its lists, its cache and its hooks. Signatures are verified as there.

private_apt()
{
	local dir=$1 limit=$2 f suites scratch=$1/sources
	shift 2
	suites="$*"
	mkdir -p "$dir"/{lists/partial,cache/archives/partial}
	rm -rf "$dir/parts" "$dir/conf" "$scratch"
	mkdir -p "$dir/parts" "$dir/conf" "$scratch"
	sources_for "$1"
	for f in "${sources[@]}"; do
		case $f in
		*.sources) awk -v suite="$1" -v all="$suites" '
			BEGIN { RS = ""; ORS = "\n\n" }
			/(^|\n)Enabled: *no/ || /-security/ { next }
			match($0, /(^|\n)Suites:[^\n]*/) {
				line = substr($0, RSTART, RLENGTH) " "
				if (index(line, " " suite " ")) {
					sub(/Suites:[^\n]*/, "Suites: " all)
					print
				}
			}' "$f" >"$dir/parts/${f##*/}" ;;
		*) awk -v suite="$1" -v all="$suites" '
			/^deb / && match($0, " " suite " ") {
				n = split(all, s, " ")
				for (i = 1; i <= n; i++)
					print substr($0, 1, RSTART) s[i] \
						substr($0, RSTART + RLENGTH - 1)
			}' "$f" >"$dir/parts/${f##*/}" ;;
		esac
	done
	find "$dir/parts" -type f -empty -delete
	[ -n "$(ls "$dir/parts")" ] || return 1

	# What apt is told here, but for what it would run before and after.
	for f in /etc/apt/apt.conf.d/* /etc/apt/apt.conf; do
		[ ! -r "$f" ] || cp "$f" "$dir/conf/"
	done 2>/dev/null
	[ ! -e "$dir/conf/apt.conf" ] ||
		mv "$dir/conf/apt.conf" "$dir/conf/zz-main"
	cat >"$dir/conf/zzz" <<-END
	#clear APT::Update;
	#clear APT::Default-Release;
	#clear DPkg;
	END
	cat >"$dir/apt.conf" <<-END
	Dir::Etc::main "/dev/null";
	Dir::Etc::parts "$dir/conf";
	END
	local opts=(-o Dir::Etc::sourcelist=/dev/null
		-o Dir::Etc::sourceparts="$dir/parts"
		-o Dir::Etc::preferences=/dev/null
		-o Dir::Etc::preferencesparts=/dev/null
		-o Dir::State="$dir" -o Dir::State::lists="$dir/lists"
		-o Dir::State::status=/dev/null
		-o Dir::Cache="$dir/cache" -o Dir::Log="$dir"
		-o Acquire::Languages=none -o Acquire::Retries=0
		-o Acquire::http::Timeout=10 -o Acquire::https::Timeout=10
		-o APT::Update::Error-Mode=any
		-o APT::Sandbox::User="$(id -un)")
	apt=(timeout -k 5 "$limit" apt-get -qq "${opts[@]}")
	apt_cache=(apt-cache -q "${opts[@]}")
	export APT_CONFIG=$dir/apt.conf LC_ALL=C
}
