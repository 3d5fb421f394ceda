# vm: guest
# boot: pair
# needs: interlock_tsm interlock_guest interlock_dma
# with: 70-serve
#
# What the host does to a function that a confidential VM has accepted, and what
# the VM hears of it.

DRIVER=/sys/bus/pci/drivers/interlock_dma

has_lock() { [ -e "$(fn 0)/tsm/lock" ]; }

be_there()
{
	load interlock_guest
	load interlock_dma
	await vm-served 900
	until_true 60 has_lock || fail "no tsm/lock"
	F=$(fn 0)
	B=${F##*/}
	D=/dev/interlock_dma-$B
	echo N >/sys/module/interlock_dma/parameters/untrusted
}

be_free()
{
	be_there
	[ ! -e "$F/driver" ] || echo "$B" >$DRIVER/unbind
	[ -z "$(cat "$F/tsm/lock")" ] || sys write "$F/tsm/unlock" tsm0 >/tmp/un
	has "$F/tsm/lock" ''
}

# A VM that was launched anew, as far as firmware and this module go. A message
# that was kept back has cost the key that it was sealed with, and of the others
# none is good for DMA at VMPL 0.
be_fresh()
{
	be_there
	[ ! -e "$F/driver" ] || echo "$B" >$DRIVER/unbind
	unload interlock_dma
	unload interlock_guest
	host relaunch
	be_there
}

be_used()
{
	be_free
	wrote 0 "$F/tsm/lock" tsm0
	wrote 0 "$F/tsm/accept" 1
	echo "$B" >/sys/bus/pci/drivers_probe
	does 0 copy private private 4096
}

does()
{
	local want=$1 got
	shift
	got=$(sys write "$D" "$*")
	[ "$got" = "$want" ] || fail "$*: $got, not $want: $(cat "$D")"
}

host() { ask host-does "$@" || fail "the host could not $*"; }

flr()
{
	be_used
	host flr
	ask forget
	# Nothing that it had is good any more: TEE memory does not answer.
	does ENXIO copy private private 4096
	echo "$B" >$DRIVER/unbind
	sys write "$F/tsm/unlock" tsm0 >/tmp/un
	has "$F/tsm/lock" ''
	be_used
}

check "After an FLR by the host the function serves the VM again only when it is locked anew" flr

disconnect()
{
	be_used
	same bound "$(host bound)" tsm0
	host disconnect
	same bound "$(host bound)" ''
	does ENXIO copy private private 4096
	echo "$B" >$DRIVER/unbind
	sys write "$F/tsm/unlock" tsm0 >/tmp/un
	has "$F/tsm/lock" ''
	wrote EIO "$F/tsm/lock" tsm0
	host connect
	be_fresh
	be_used
}

check "A device that the host disconnects is the VM's again after it was connected and locked" disconnect

# refuses KIND: the host's next answer to one of that kind is no.
refuses()
{
	be_fresh
	host vmm refuse $1:1
}

lock_refused()
{
	local kind
	for kind in bind request; do
		refuses $kind
		wrote EIO "$F/tsm/lock" tsm0
		has "$F/tsm/lock" ''
	done
}

check "A VMM that refuses a step of lock is told to user space, and nothing is locked" lock_refused

accept_refused()
{
	local kind
	for kind in mmio run dma; do
		refuses $kind
		wrote 0 "$F/tsm/lock" tsm0
		wrote EIO "$F/tsm/accept" 1
		has "$F/tsm/accept" 0
		# The host would do it now: it is too late.
		wrote EIO "$F/tsm/accept" 1
	done
	be_fresh
	be_used
}

check "A VMM that refuses a step of accept is told to user space, and nothing is accepted" accept_refused
