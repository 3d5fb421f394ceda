# SPDX-License-Identifier: BSD-2-Clause
# What a check may use, and who has a shell in a VM.

# fail WHY: ends the check.
fail()
{
	echo "$*"
	exit 1
}

# ask ACTION...: has the runner outside do it; what it answers is printed, and
# the result is whether it could. docs/lab.md lists the actions.
ASKED=0
ask()
{
	local n word rest
	ASKED=$((ASKED + 1))
	echo "ask $$.$ASKED $*" >&3
	while read -r n word rest <&3; do
		[ "$n" = "$$.$ASKED" ] || continue
		[ -z "$rest" ] || echo "$rest"
		[ "$word" = ok ]
		return
	done
}

# tell EVENT; await EVENT [SECONDS]: between the two VMs of a boot.
tell() { ask tell "$1" >/dev/null; }
await()
{
	local left=${2:-60}
	until ask await "$1" $((left < 60 ? left : 60)) >/dev/null; do
		left=$((left - 60))
		[ $left -gt 0 ] || fail "$1 did not happen"
	done
}

# put FILE [NAME]: hands a file out, to the lab's folder.
put()
{
	ask put "${2:-$(basename "$1")}" "$(base64 -w 0 "$1")" >/dev/null
}

# Helpers below start no program where the shell can do it: one costs some
# ten milliseconds on an emulated processor.

# uptime: in hundredths of a second, in $NOW.
uptime()
{
	local t rest
	read -r t rest </proc/uptime
	NOW=${t%.*}${t#*.}
}

# until_true SECONDS COMMAND...: tries it again until it succeeds.
until_true()
{
	local end
	uptime
	end=$((NOW + 100 * $1))
	shift
	until "$@"; do
		uptime
		[ "$NOW" -lt $end ] || return 1
		usleep 20000
	done
}

# line FILE: its first line, in $LINE.
line()
{
	LINE=
	read -r LINE <"$1"
	[ -n "$LINE" ] || [ -r "$1" ]
}

# bdfs DEVICE: functions with that device ID of our vendor, in order.
bdfs()
{
	local d v i
	for d in /sys/bus/pci/devices/*; do
		read -r v <"$d/vendor" && read -r i <"$d/device" || continue
		[ "$v $i" != "0x1d1a $1" ] || echo "${d##*/}"
	done 2>/dev/null
}

# fn N: the folder of the device's function N, and whether it is there.
fn()
{
	local b
	for b in $(bdfs 0x0001); do
		[ "${b##*.}" = "$1" ] || continue
		echo "/sys/bus/pci/devices/$b"
		return
	done
	echo "/no-function-$1"
	return 1
}

# the port above the device
port()
{
	local d
	d=$(readlink -f "$(fn 0)") || return 1
	echo "${d%/*}"
}

# load MODULE [ARGUMENTS]; unload MODULE. interlock_tsm is whoever takes its
# place.
load()
{
	local m=$1
	[ "$m" != interlock_tsm ] || m=$TSM
	[ -d "/sys/module/$m" ] || insmod "/lab/$1.ko" ${2+"$2"}
}

unload()
{
	local m=$1
	[ "$m" != interlock_tsm ] || m=$TSM
	[ ! -d "/sys/module/$m" ] || rmmod "$m"
}

# same WHAT HAD WANTED: fails unless they are.
same()
{
	[ "$2" = "$3" ] || fail "$1: $2, not $3"
}

# wrote ERRNO FILE TEXT: a write(2) comes to that: 0, EBUSY …
wrote()
{
	same "writing '$3' to ${2##*/}" "$(sys write "$2" "$3")" "$1"
}

# has FILE TEXT: its first line is that.
has()
{
	line "$1" || fail "$1 cannot be read"
	same "${1##*/}" "$LINE" "$2"
}

hb=/sys/devices/pci0000:00

# Streams that the host bridge shows, and how many it has left.
streams() { ls $hb | grep '^stream' | xargs; }

streams_free()
{
	has $hb/available_secure_streams "$1"
}

# at_both "ON STATE": what the two ends say of their first stream.
at_both()
{
	local d
	for d in "$(fn 0)" "$(port)"; do
		same "IDE of ${d##*/}" "$(ide "$d" | head -n 1 |
			sed 's/block=0 on=\(.\) id=[0-9]* state=\(.\) .*/\1 \2/')" "$1"
	done
}

# Connected, or not, whatever came before.
be_connected()
{
	local d
	with_tsm
	d=$(fn 0)/tsm
	line "$d/connect"
	[ -n "$LINE" ] || wrote 0 "$d/connect" tsm0
}

be_disconnected()
{
	local d
	with_tsm
	d=$(fn 0)/tsm
	line "$d/connect"
	[ -z "$LINE" ] || wrote 0 "$d/disconnect" tsm0
}

with_tsm()
{
	local d
	load interlock_rp
	load interlock_tsm
	d=$(fn 0)
	until_true 10 [ -e "$d/tsm/connect" ] || fail "no tsm/connect"
}

# rid_of ADDRESS; rid [N]: as firmware and tsmcall have it; of function N
rid_of()
{
	printf '0x%04x' $((0x${1:5:2} << 8 | 0x${1:8:2} << 3 | ${1:11:1}))
}

rid() { rid_of "$(basename "$(fn "${1:-0}")")"; }

# calls WANTED STEP...: what the steps come to (lab/tsmcall.c).
calls()
{
	local want=$1
	shift
	same "$*" "$(tsmcall "$@")" "$want"
}

# Connected, and the confidential VM is there to be launched.
vm_runs() { [ "$(tsmcall create destroy)" = "0 0" ]; }
be_vm()
{
	be_connected
	until_true 60 vm_runs || fail "no VM: $(tsmcall create)"
}

# Of a VM nothing is left, and no page of firmware's was lost.
nothing_left() { calls 0/0/0/0 info; }

