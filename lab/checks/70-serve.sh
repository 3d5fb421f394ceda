# vm: host
# boot: pair
# needs: interlock_tsm
#
# The VMM of the confidential VM, for as long as that VM has something to check.

serve()
{
	local ended
	be_connected
	vmm --fn 0x0101=0x0100 --wait 120 >/tmp/vmm.log 2>&1 &
	until_true 150 grep -q '^ready' /tmp/vmm.log || fail "$(cat /tmp/vmm.log)"
	ask vm-plug
	tell vm-served
	await guest-checked 1200
	put /tmp/vmm.log
	kill $! && wait $!
	ended=$?
	same "the VMM's status" $ended 0
}

check "A VMM serves the confidential VM until all of it is checked" serve
