# vm: guest
# boot: pair

module()
{
	load interlock_guest
	[ -e /sys/class/tsm/tsm0 ] || fail "no tsm0"
	[ -c /dev/interlock_evidence ] || fail "no /dev/interlock_evidence"
}

check "The guest's module finds the confidential VM's registers" module
