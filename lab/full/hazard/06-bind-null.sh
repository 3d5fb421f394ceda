# vm: host
# boot: hazard
# finding: unchecked-ops
# expect: hazard: bind said yes, and there is none
. /lab/hazard.sh

bind_null()
{
	echo bind-null >$P/fault
	hazard "register 0"
	attr connect tsm0
	if hazard "bind 0000:01:00.0" && [ -z "$(cat $F0/tsm/bound)" ] &&
		! hazard "request 0000:01:00.0"; then
		echo "hazard: bind said yes, and there is none" >/dev/kmsg
	fi
}

check "A bind() that returns NULL is told as success, and nothing is bound" bind_null
