#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
# Process 1 of both VMs: mounts, opens the line to the runner (second serial
# port), runs the checks of this VM, powers off.
#
# What a check may use is in helpers.sh. docs/lab.md tells how to write one.

export PATH=/bin HOME=/ LANG=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /tmp /run
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t configfs configfs /sys/kernel/config 2>/dev/null
echo 20 >/proc/sys/kernel/hung_task_timeout_secs 2>/dev/null
. /lab/conf # ROLE, BOOT, SHELL_AFTER, TSM, SOAK, SEED, ALL

stty -F /dev/ttyS1 raw -echo
exec 3<>/dev/ttyS1

. /lab/helpers.sh

# check SENTENCE FUNCTION: passes if it succeeds and prints nothing. In a
# process of its own: what it sets is gone after it.
check()
{
	local rc why
	grep -qxF "$1" /lab/only || return 0
	echo "run $1" >&3
	[ -z "$PROFILE" ] || profile_begin
	("$2") >/tmp/said 2>&1
	rc=$?
	[ -z "$PROFILE" ] || profile_end "$1"
	why=
	[ ! -s /tmp/said ] || why=$(head -c 2000 /tmp/said | tr '\n\t' '\r ')
	if [ $rc = 0 ] && [ -z "$why" ]; then
		echo "ok $1" >&3
	else
		printf 'not ok %s\t%s\n' "$1" "${why:-status $rc}" >&3
	fi
}

PROFILE=
[ ! -e /lab/profile.sh ] || . /lab/profile.sh
echo "hello" >&3
for f in /lab/checks/*.sh; do
	# By itself: what one leaves, or how it ends, is no other's business.
	[ ! -e "$f" ] || (. "$f")
done
# The host VM serves the other one until then.
[ "$ROLE" = host ] || tell guest-checked
put_dmesg()
{
	dmesg >/tmp/dmesg
	put /tmp/dmesg "$ROLE-$BOOT.dmesg"
}
if [ -n "$SHELL_AFTER" ]; then
	echo "shell" >&3
	ENV=/lab/shell.sh setsid cttyhack sh
fi
put_dmesg
echo "done" >&3
exec 3>&-
poweroff -f
