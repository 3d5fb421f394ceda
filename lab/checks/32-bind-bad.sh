# vm: host
# boot: pair
# needs: interlock_tsm interlock_dma
#
# A function that a driver of the host has.

has_driver() { [ "$(basename "$(readlink "$1/driver")")" = "$2" ]; }

driver_in_the_way()
{
	local f=$(fn 0) s=/sys/bus/pci b
	b=${f##*/}
	be_vm
	load interlock_dma
	trap 'unload interlock_dma' EXIT
	until_true 5 has_driver "$f" interlock_dma || fail "no driver"
	calls '0 EBUSY 0' create assign:$(rid) destroy
	echo "$b" >$s/drivers/interlock_dma/unbind
	echo interlock_stub >"$f/driver_override"
	echo "$b" >$s/drivers_probe
	has_driver "$f" interlock_stub || fail "no stub"
	calls '0 0 0' create assign:$(rid) destroy
	echo "$b" >$s/drivers/interlock_stub/unbind
	echo >"$f/driver_override"
}

check "A function with a driver of the host is not assigned, one with the stub is" driver_in_the_way

# Any driver may come, for the host's administrator wants it so.
driver_comes()
{
	local f=$(fn 0) r=$(rid)
	be_vm
	trap 'unload interlock_dma' EXIT
	calls '0 0 0 0 0 0 1/0/1/0 ENOENT EPERM EBUSY 0 0/0/1/0 0' create \
		assign:$r bind:$r state:locked state:run \
		"sh:insmod /lab/interlock_dma.ko" info unbind bind:$r \
		assign:$r unassign:$r info destroy
	has_driver "$f" interlock_dma || fail "no driver"
	has "$f/tsm/bound" ''
	unload interlock_dma
	calls '0 0 0 0 0' create assign:$r bind:$r state:locked destroy
	nothing_left
}

check "A driver of the host that comes to a function of a VM's takes it away" driver_comes
