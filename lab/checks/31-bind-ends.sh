# vm: host
# boot: pair
#
# How what is bound comes to an end when nobody ends it in order.

# A VMM that has come to the end of these steps and waits to be killed.
victim()
{
	tsmcall "$@" pause >/tmp/victim &
	until_true 30 grep -q waits /tmp/victim || fail "$(cat /tmp/victim)"
}

# The shell's word about it is not ours.
end_it()
{
	kill -9 $1
	wait $1
} 2>/dev/null

died()
{
	local step steps=''
	be_vm
	for step in create assign:$(rid) bind:$(rid) state:locked state:run; do
		steps="$steps $step"
		victim $steps
		end_it $!
		nothing_left
	done
	calls '0 0 0 0' create assign:$(rid) bind:$(rid) state:locked
	nothing_left
}

check "Whatever a VMM has done, all of it ends when the process dies" died

# In the middle of whatever it does: the session that its functions share with
# others of the device outlives it.
killed()
{
	local i r=$(rid)
	be_vm
	for i in 1 2 3 4 5 6 7 8; do
		tsmcall create assign:$r bind:$r state:locked state:run \
			state:unlocked state:locked state:run pause >/dev/null &
		usleep $((i * 30000))
		end_it $!
		nothing_left
	done
	calls '0 0 0 0 0 0' create assign:$r bind:$r state:locked state:run \
		destroy
}

check "A VMM that is killed in an operation does not cost the device its session" killed

disconnected()
{
	local r=$(rid) d
	be_vm
	d=$(fn 0)/tsm/disconnect
	calls '0 0 0 0 0 0 1/0/1/0 ENOENT ENOENT EINVAL 0' create assign:$r \
		bind:$r state:locked state:run "sh:echo tsm0 >$d" info unbind \
		state:stop bind:$r destroy
	has "$(fn 0)/tsm/connect" ''
	be_connected
	calls '0 0 0 0 0 0' create assign:$r bind:$r state:locked unbind destroy
	nothing_left
}

check "A device that is disconnected takes its TDI out of the VM" disconnected

removed()
{
	local r=$(rid 1) d
	be_vm
	d=$(fn 1)
	calls '0 0 0 0 0 0 1/0/1/0 ENOENT 0 0 0/0/1/0 0' create assign:$r \
		bind:$r state:locked state:run "sh:echo 1 >$d/remove" info \
		unbind "sh:echo 1 >/sys/bus/pci/rescan" unassign:$r info destroy
	nothing_left
}

check "A function that is removed takes its TDI out of the VM" removed

module_leaves()
{
	local drv=/sys/bus/pci/drivers/interlock_tsm b=$(bdfs 0x0010)
	be_vm
	calls '0 0 0 0 256 0 ENODEV ENXIO err 0 0' create assign:$(rid) \
		bind:$(rid) state:locked "sh:rmmod interlock_tsm 2>/dev/null" \
		"sh:echo $b >$drv/unbind" info destroy poll \
		"sh:echo $b >$drv/bind" "sh:rmmod interlock_rp 2>/dev/null; true"
	be_vm
	nothing_left
}

check "The driver leaves in the middle, and what was bound ends with it" module_leaves

flr()
{
	local r=$(rid 1)
	be_vm
	# RUN to ERROR: started it is not again, but it comes to its end.
	calls '0 0 0 0 0 0 EIO 0x3c 0 0x00 0 0x00 0 0 0' create assign:$r bind:$r \
		state:locked state:run "sh:echo 1 >$(fn 1)/reset" state:run status \
		state:unlocked status state:locked status state:run unbind destroy
	nothing_left
}

check "FLR takes a TDI that runs to ERROR, and a lock begins anew" flr

two_functions()
{
	local a=$(rid) b=$(rid 1)
	be_vm
	calls '0 0 0 0 0 2/1/1/0 0 0 0 2/2/1/0 0 0 0 2/1/1/0 0 0/0/0/0' \
		create assign:$a assign:$b bind:$a state:locked info \
		bind:$b:0x9 state:locked state:run info \
		"sh:grep -qx tsm0 $(fn 0)/tsm/bound" \
		"sh:grep -qx tsm0 $(fn 1)/tsm/bound" unbind info destroy info
}

check "Two functions of one device are bound by its one DSM" two_functions

# A call whose memory nobody brings stands there for as long as its caller likes;
# the core's locks, and the driver, do not wait for it.
memory_late()
{
	local r=$(rid) f=$(fn 0)/tsm/bound b=$(bdfs 0x0010)
	local drv=/sys/bus/pci/drivers/interlock_tsm
	be_vm
	calls '0 0 0 0 0 0 0' create assign:$r bind:$r \
		"stuck:answer:timeout 5 grep -qx tsm0 $f" unbind destroy
	nothing_left
	rm -f /tmp/left
	cat >/tmp/leave <<-EOT
	(echo $b >$drv/unbind; : >/tmp/left) &
	n=0
	until [ -e /tmp/left ] || [ \$n = 100 ]; do
		usleep 100000
		n=\$((n + 1))
	done
	[ -e /tmp/left ]
	EOT
	calls '0 0 ENODEV' create "stuck:copy:sh /tmp/leave"
	until_true 20 [ -e /tmp/left ] || fail "the driver does not leave"
	echo $b >$drv/bind
	be_vm
	nothing_left
}

check "Memory of a caller's that nobody brings holds up neither the core nor the driver" memory_late
