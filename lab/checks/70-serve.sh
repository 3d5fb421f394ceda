# vm: host
# boot: pair
# needs: interlock_tsm
#
# The VMM of the confidential VM, for as long as that VM has something to check;
# and what its checks ask of the host meanwhile (`ask host-does`).

# The function that the VM has.
given() { fn 1; }

do_nothing() { :; }
do_flr() { echo 1 >"$(given)/reset"; }
do_disconnect() { echo tsm0 >"$(fn 0)/tsm/disconnect"; }
do_connect() { echo tsm0 >"$(fn 0)/tsm/connect"; }
do_bound() { head -n 1 "$(given)/tsm/bound" 2>/dev/null || :; }
do_vmm() { echo "$*" >/tmp/vmm.control; }
do_give()
{
	echo "give $1" >/tmp/vmm.control
	until_true 10 grep -q "^gave $1: 0" /tmp/vmm.now
}
# How many exits of that kind were answered well.
do_heard() { grep -c "^[0-9]* $1 .* -> 0 " /tmp/vmm.now || :; }
do_secrets() { bench secrets $1; }
# Exits are not answered meanwhile.
do_stop() { kill -STOP $VMM; }
do_cont() { kill -CONT $VMM; }
do_faults() { tail -n 1 "/sys/bus/pci/devices/$(bdfs 0x0010)/faults"; }

start_vmm()
{
	[ -p /tmp/vmm.control ] || mkfifo /tmp/vmm.control
	: >/tmp/vmm.now
	vmm --fn "$(rid 1)=0x0100" --wait 120 --control /tmp/vmm.control \
		>/tmp/vmm.now 2>&1 &
	VMM=$!
	until_true 150 grep -q '^ready' /tmp/vmm.now || fail "$(cat /tmp/vmm.now)"
}

# Orderly; its words are kept.
stop_vmm()
{
	local ended
	# The VM may have gone, and the VMM with it.
	kill $VMM 2>/dev/null
	wait $VMM
	ended=$?
	cat /tmp/vmm.now >>/tmp/vmm.log
	same "the VMM's status" $ended 0
}

# Another launch of the VM: firmware gives it other keys.
do_relaunch() { stop_vmm && start_vmm; }

serve()
{
	local what said
	be_connected
	: >/tmp/vmm.log
	start_vmm
	ask vm-plug
	tell vm-served
	while what=$(ask serve) && [ "$what" != end ]; do
		do_$what >/tmp/said 2>&1 && said=ok || said=no
		ask served $said "$(tr '\n' ' ' </tmp/said)"
	done
	stop_vmm
	put /tmp/vmm.log
	nothing_left
}

check "A VMM serves the confidential VM until all of it is checked" serve
