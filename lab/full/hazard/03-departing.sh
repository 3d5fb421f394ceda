# vm: host
# boot: hazard
# finding: departing-tsm
# expect: hazard: connected to a TSM that has left
. /lab/hazard.sh

# Two TSMs, so that tsm/ stays: tsm0, and tsm1 that leaves.
departing()
{
	local n t=tsm1
	hazard "register 1"
	echo 200 >$P/remove_ms
	for n in $(seq 60); do
		hazard "register 0"
		attr connect $t
		hazard "unregister 0" &
		usleep 50000
		# It was connected: a success comes after it no longer was.
		if ! attr connect $t 2>/dev/null; then
			wait
			continue
		fi
		wait
		[ ! -e /sys/class/tsm/$t ] || continue
		seen "connected to a TSM that has left, try $n"
		# Its name is in freed memory: an oops, as often as not.
		cat $F0/tsm/connect
		return
	done
	fail "not in $n tries"
}

check "A connect that waits for the lock attaches to a TSM that has just left" departing
