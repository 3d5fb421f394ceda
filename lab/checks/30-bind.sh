# vm: host
# boot: pair
#
# Bind, a TDI's states, unbind, without a guest that takes part: what the host's
# kernel and firmware do for any VMM. `tsmcall` makes the calls of
# interlock_tsm_uapi.h and prints what each comes to.

launch()
{
	be_vm
	calls '0/0/0/0 0 0/0/1/0 0 0/0/0/0' info create info destroy info
}

check "A VM is launched and ended, and firmware gives its pages back" launch

bind_unbind()
{
	local r=$(rid)
	be_vm
	calls '0 0 0 1/1/1/0 0 1/0/1/0 0 0/0/0/0' \
		create assign:$r bind:$r:0x8 info unbind info destroy info
}

check "A function is assigned, bound and unbound" bind_unbind

bound_attribute()
{
	local r=$(rid) f
	be_vm
	f=$(fn 0)/tsm/bound
	has $f ''
	calls '0 0 0 0 0 0 0' create assign:$r bind:$r "sh:grep -qx tsm0 $f" \
		unbind "sh:grep -qx '' $f" destroy
}

check "The attribute bound says tsm0 while a TDI is there, and no longer" bound_attribute

states()
{
	local r=$(rid)
	be_vm
	calls '0 0 0 0 EBUSY 0 0 EINVAL 0 0 0 0 0 0 0' create assign:$r \
		bind:$r state:locked state:locked state:run state:stop \
		state:stop state:unlocked state:locked state:run \
		state:unlocked state:locked unbind destroy
	nothing_left
}

check "A TDI is locked, started, stopped and unlocked, and once more" states

wrong_states()
{
	local r=$(rid)
	be_vm
	# Firmware's own word is 0x3c: wrong state of the interface.
	calls '0 0 0 EINVAL EINVAL 0 0 0 EIO 0x3c 0 0' create assign:$r \
		bind:$r state:run state:stop state:unlocked state:locked \
		state:run state:run status unbind destroy
	nothing_left
}

check "A state that a TDI cannot come to from where it is, is refused" wrong_states

evidence()
{
	local r=$(rid) page=0x0ff40000
	be_vm
	# A message that nobody sealed: firmware refuses it, after the device
	# was asked for its evidence.
	calls '0 0 0 0 0 EIO 0x16 EFAULT EACCES 0 0' create assign:$r bind:$r \
		state:locked fill:$page:0:0x1000 \
		request:0x494c0001:$page:$page:$page:64:0xf status \
		request:0x494c0001:0x0ff00000:$page:$page:64:0x1 \
		peek:0x0ff00000 unbind destroy
	nothing_left
}

check "A guest request takes evidence along, and none from private memory" evidence

# Whose a function is, the core says of a TDI that is there, our operation of
# one that is not.
second_cookie()
{
	local r=$(rid)
	be_vm
	calls '0 0 0 0 EBUSY EBUSY ENXIO 0 0 0 EPERM 0 0' create assign:$r \
		bind:$r open:1 bind:$r create unbind:1 open:0 unbind open:1 \
		bind:$r open:0 destroy
	nothing_left
}

check "A function that is bound to one VM is not bound to another: EBUSY" second_cookie

errors()
{
	local r=$(rid) n="0x00ff"
	be_vm
	calls 'ENOTTY ENOTTY ENXIO ENXIO ENXIO ENXIO ENXIO ENXIO EPERM' \
		ioctl:0x70 ioctl:0x10:8 destroy pages:0:1:private peek:0 \
		assign:$r unbind state:locked bind:$r
	calls 'EINVAL EINVAL EINVAL 0 EBUSY' create:0x0ff00001 \
		create:0x7fffffff000 create:0xfffffffffffff000 create create
	calls '0 ENOENT ENOENT EINVAL EINVAL 0 EBUSY ENOENT EINVAL 0 0' create \
		assign:$n assign:0x10100 assign:0x0008 assign:$(rid_of "$(bdfs 0x0010)") assign:$r \
		assign:$r unassign:$n bind:$r:0x10000 bind:$r unassign:$r
	calls '0 EINVAL EINVAL EINVAL EINVAL EINVAL' create pages:1:1:private \
		pages:0:0:private pages:0:1:other pages:0xffffffff000:1:private \
		pages:0:0xffffffffffffffff:private
	calls '0 ERANGE ERANGE EINVAL EINVAL EACCES 0' create \
		copy:0xffffffff000:1:0 copy:0xffffffffffffffff:2:0 \
		copy:0:0x100001:0 copy:0:1:2 peek:0x0ff00000 copy:0:0:0
	calls 'ENXIO hup 0 EAGAIN ESRCH none' read poll create read answer:1 \
		poll
	nothing_left
}

check "Each call that cannot be is refused with its errno" errors

# Each says 0 0, or EBUSY: never two at a time.
launch_race()
{
	local n=0
	be_vm
	while [ $n -lt 10 ]; do
		for i in 1 2 3; do
			tsmcall create info destroy >/tmp/race.$i &
		done
		wait
		for i in 1 2 3; do
			line /tmp/race.$i
			case $LINE in
			'0 0/0/1/0 0' | 'EBUSY 0/0/0/0 ENXIO') ;;
			*) fail "$(cat /tmp/race.*)" ;;
			esac
		done
		n=$((n + 1))
	done
	nothing_left
}

check "Of VMMs that launch at once one has the VM, the others EBUSY" launch_race

# In the part that the guest's kernel leaves alone.
memory()
{
	local g=0x0ff10000
	be_vm
	calls '0 0 0x5a 0 0/0/17/0 EACCES EACCES 0x5a 0 0/0/16/0 0x5a 0 0' \
		create fill:$g:0x5a:0x11000 peek:0x0ff11000 \
		pages:$g:16:private info peek:$g fill:0x0ff0f000:0:0x1001 \
		peek:0x0ff20000 pages:0x0ff11000:1:shared info \
		peek:0x0ff11000 pages:$g:16:private destroy
	nothing_left
}

check "Private pages of the VM are not copied from or to" memory
