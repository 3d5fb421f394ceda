# vm: host
# boot: hazard
# finding: unchecked-ops
# expect: hazard: connect said yes, and there is none
. /lab/hazard.sh

connect_positive()
{
	echo connect-positive >$P/fault
	hazard "register 0"
	# One byte is what the core says was written.
	attr connect tsm0 2>/dev/null
	[ -n "$(cat $F0/tsm/connect)" ] ||
		seen "connect said yes, and there is none"
}

check "A connect() that returns 1 is told as success, and nothing is connected" connect_positive
