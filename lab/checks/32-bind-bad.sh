# vm: host
# boot: pair
# needs: interlock_tsm interlock_dma
#
# A TDI whose device or whose firmware falls silent; a function that a driver of
# the host has.

# The device, honest again, in a new session. A TDI that lost its session is in
# ERROR, and only STOP leads out of that (PCIe Base 6.x, 11.3): the lock that
# meets it fails (0x33), and its own undoing stops it, so that the next succeeds.
again()
{
	local r=$(rid 1) got
	bench honest
	be_disconnected
	be_connected
	got=$(tsmcall create assign:$r bind:$r state:locked status \
		state:locked state:run unbind destroy)
	case $got in
	'0 0 0 EIO 0x33 0 0 0 0' | '0 0 0 0 0x00 EBUSY 0 0 0') ;;
	*) fail "again: $got" ;;
	esac
	nothing_left
}

firmware_silent()
{
	local r=$(rid 1)
	trap 'bench honest' EXIT
	be_vm
	# It has heard all and answers nothing: the TDI goes when it does again.
	calls '0 0 0 0 0 ETIMEDOUT 0 1/0/1/0 0 0 0/0/0/0' create assign:$r \
		bind:$r state:locked "sh:bench silent" state:run unbind info \
		"sh:bench honest" destroy info
	# And if whoever had the VM is gone by then.
	again
	calls '0 0 0 0 0' create assign:$r bind:$r state:locked "sh:bench silent"
	bench honest
	calls '0 0' create destroy
	nothing_left
	again
}

check "An unbind that firmware does not answer ends, and is made good when it answers again" firmware_silent

# Not answered, in one of the states that the seed draws.
device_silent()
{
	local r=$(rid 1) got what
	trap 'bench honest' EXIT
	be_vm
	case $((${SEED:-0} % 4)) in
	0) what='info state:locked' ;;
	1) what='state:locked state:run' ;;
	2) what='state:locked state:run state:unlocked' ;;
	3) what='state:locked unbind' ;;
	esac
	got=$(tsmcall create assign:$r bind:$r ${what% *} \
		"sh:bench misbehave mute:1" ${what##* } destroy info)
	case $got in
	*" 0/0/0/0") ;;
	*) fail "$what: $got" ;;
	esac
	again
}

check "A device that falls silent under a TDI costs the session and nothing else" device_silent

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

# By what the driver of the DMA engine finds in its own buffers.
dma_comes_back()
{
	local r=$(rid) d=/dev/interlock_dma-$(basename "$(fn 0)")
	be_vm
	calls '0 0 0 0' create assign:$r unassign:$r destroy
	calls '0 0 0' create assign:$r bind:$r
	be_disconnected
	load interlock_dma
	trap 'unload interlock_dma' EXIT
	until_true 5 [ -c "$d" ] || fail "the driver does not take it"
	wrote 0 "$d" "copy shared shared 64"
}

check "A function that was a VM's reaches the host's memory again" dma_comes_back

# Also one that was pulled out and is there again, while the VM still counts it.
dma_after_removal()
{
	local r=$(rid 1) f=$(fn 1) d
	d=/dev/interlock_dma-${f##*/}
	be_vm
	trap 'unload interlock_dma' EXIT
	calls '0 0 0 0 0 0 0 0' create assign:$r "sh:echo 1 >$f/remove" \
		"sh:echo 1 >/sys/bus/pci/rescan" \
		"sh:insmod /lab/interlock_dma.ko" \
		"sh:sys write $d 'copy shared shared 64' | grep -qx 0" \
		unassign:$r destroy
	nothing_left
}

check "What comes at the place of a VM's function that was removed reaches the host's memory" dma_after_removal
