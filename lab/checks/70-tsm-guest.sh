# vm: guest
# boot: pair
# needs: interlock_tsm interlock_guest interlock_dma
# with: 70-serve
#
# What the confidential VM's kernel does with a function: lock, accept, unlock.

DRIVER=/sys/bus/pci/drivers/interlock_dma
EVIDENCE=/dev/interlock_evidence

module()
{
	load interlock_guest
	[ -e /sys/class/tsm/tsm0 ] || fail "no tsm0"
	[ -c $EVIDENCE ] || fail "no $EVIDENCE"
}

check "The guest's module finds the confidential VM's registers" module

# A function is there, in one state or another.
has_lock() { [ -e "$(fn 0)/tsm/lock" ]; }
there()
{
	module
	await vm-served 900
	until_true 60 has_lock || fail "no tsm/lock"
	F=$(fn 0)
	B=${F##*/}
	D=/dev/interlock_dma-$B
}

unbound()
{
	there
	[ ! -e "$F/driver" ] || echo "$B" >$DRIVER/unbind
}

be_unlocked()
{
	unbound
	[ -z "$(cat "$F/tsm/lock")" ] || sys write "$F/tsm/unlock" tsm0 >/tmp/un
	has "$F/tsm/lock" ''
}

be_locked()
{
	unbound
	[ "$(cat "$F/tsm/accept")" = 0 ] || be_unlocked
	[ -n "$(cat "$F/tsm/lock")" ] || wrote 0 "$F/tsm/lock" tsm0
}

be_accepted()
{
	unbound
	[ "$(cat "$F/tsm/accept")" = 1 ] && return
	be_unlocked
	wrote 0 "$F/tsm/lock" tsm0
	wrote 0 "$F/tsm/accept" 1
}

# The driver has an accepted function.
be_driven()
{
	there
	load interlock_dma
	echo N >/sys/module/interlock_dma/parameters/untrusted
	[ "$(cat "$F/tsm/accept")" = 1 ] || be_accepted
	[ -e "$F/driver" ] || echo "$B" >/sys/bus/pci/drivers_probe
	[ -e "$F/driver" ] || fail "the driver does not take it"
}

# Or one that is the host's.
be_plain()
{
	be_unlocked
	load interlock_dma
	echo Y >/sys/module/interlock_dma/parameters/untrusted
	[ -e "$F/driver" ] || echo "$B" >/sys/bus/pci/drivers_probe
	[ -e "$F/driver" ] || fail "the driver does not take it"
}

# does ERRNO WORDS...: what the driver is told to do comes to that.
does()
{
	local want=$1 got
	shift
	got=$(sys write "$D" "$*")
	[ "$got" = "$want" ] || fail "$*: $got, not $want: $(cat "$D")"
}

# says WANTED WORDS...: the answer
says()
{
	local want=$1
	shift
	does 0 "$@"
	same "$*" "$(cat "$D")" "$want"
}

# refused RULE: the machine has said so, since `ask forget`
refused()
{
	until_true 5 eval 'case " $(ask refusals) " in *" '"$1"' "*) ;; *) false ;; esac' ||
		fail "no refusal by $1, but: $(ask refusals)"
}

not_refused()
{
	same "what the machine refused" "$(ask refusals)" ""
}

host() { ask host-does "$@" || fail "the host could not $*"; }

# told MORE KIND COUNT: what the host was asked of that kind, beyond COUNT.
told() { same "how often the host was told $2" $(($(host heard $2) - $3)) $1; }

# --- attributes ---

lock_and_unlock()
{
	be_unlocked
	has "$F/tsm/accept" 0
	wrote 0 "$F/tsm/lock" tsm0
	has "$F/tsm/lock" tsm0
	has "$F/tsm/accept" 0
	wrote 0 "$F/tsm/unlock" tsm0
	has "$F/tsm/lock" ''
}

check "tsm/lock locks a function for this VM, and tsm/unlock lets go of it" lock_and_unlock

lock_errors()
{
	be_unlocked
	wrote EINVAL "$F/tsm/lock" nonsense
	wrote ENXIO "$F/tsm/lock" tsm7
	wrote EINVAL "$F/tsm/unlock" tsm0
	wrote EINVAL "$F/tsm/accept" 1
	be_locked
	wrote EBUSY "$F/tsm/lock" tsm0
	wrote EINVAL "$F/tsm/accept" 0
	wrote EINVAL "$F/tsm/accept" maybe
	wrote EINVAL "$F/tsm/unlock" tsm7
	has "$F/tsm/lock" tsm0
}

check "Attributes answer what makes no sense by EINVAL, ENXIO and EBUSY" lock_errors

accept()
{
	local dma mmio stop unbind
	be_locked
	ask forget
	wrote 0 "$F/tsm/accept" 1
	has "$F/tsm/accept" 1
	wrote 0 "$F/tsm/accept" 1
	not_refused
	dma=$(host heard dma-off)
	mmio=$(host heard mmio-off)
	stop=$(host heard stop)
	unbind=$(host heard unbind)
	wrote 0 "$F/tsm/unlock" tsm0
	has "$F/tsm/accept" 0
	told 1 dma-off $dma
	told 1 stop $stop
	told 1 unbind $unbind
	[ "$(host heard mmio-off)" -gt $mmio ] || fail "MMIO is not given back"
}

check "A locked function is accepted, and unlocked again" accept

relock()
{
	local i=0
	be_unlocked
	while [ $i -lt 5 ]; do
		wrote 0 "$F/tsm/lock" tsm0
		[ $((i % 2)) = 0 ] || wrote 0 "$F/tsm/accept" 1
		wrote 0 "$F/tsm/unlock" tsm0
		i=$((i + 1))
	done
}

check "A function is locked and unlocked five times in a row" relock

attached()
{
	be_plain
	wrote EBUSY "$F/tsm/lock" tsm0
	has "$F/tsm/lock" ''
	be_driven
	wrote EBUSY "$F/tsm/unlock" tsm0
	wrote EBUSY "$F/tsm/accept" 1
	has "$F/tsm/accept" 1
}

check "An attached driver refuses lock, unlock and accept" attached

not_yet()
{
	be_locked
	load interlock_dma
	echo Y >/sys/module/interlock_dma/parameters/untrusted
	echo "$B" >/sys/bus/pci/drivers_probe
	[ ! -e "$F/driver" ] || fail "a driver took a function that is not accepted"
	be_driven
}

check "A driver is probed after accept and not before" not_yet

# --- DMA ---

dma_private()
{
	be_driven
	ask forget
	does 0 copy private private 4096
	does 0 copy private private 300000
	does 0 load private 5000
	does 0 store private 5000
	not_refused
}

check "DMA reaches memory that was declared private, both ways" dma_private

dma_shared()
{
	be_driven
	ask forget
	does 0 copy shared shared 100000
	does 0 copy private shared 4096
	does 0 copy shared private 4096
	not_refused
}

check "An accepted function reaches shared memory above vTOM" dma_shared

dma_plain()
{
	be_plain
	ask forget
	does 0 copy shared shared 100000
	not_refused
}

check "A function of the host's reaches shared memory" dma_plain

# What it wrote went nowhere, and it does not know.
store_undeclared()
{
	be_driven
	ask forget
	does EBADMSG copy private undeclared 4096
	refused rmp-unassigned
	does 0 copy private private 4096
}

check "A write to memory that was not declared private goes nowhere" store_undeclared

load_undeclared()
{
	be_driven
	ask forget
	# In ERROR not even the register answers that would say why.
	does ENXIO load undeclared 4096
	refused rmp-unassigned
	be_unlocked
	be_driven
	does 0 copy private private 4096
}

check "A read of memory that was not declared private is refused, and ends the trust" load_undeclared

dma_stolen()
{
	be_plain
	ask forget
	does EREMOTEIO load private 4096
	refused rmp-assigned-read
	does EBADMSG copy shared private 4096
	refused rmp-assigned
}

check "A function of the host's does not reach private memory" dma_stolen

# --- BARs ---

bar_encrypted()
{
	be_driven
	ask forget
	does 0 write 2 0x40 0x1234abcd
	says 0x1234abcd read 2 0x40
	says 0x1d1a0001 read 0 0
	not_refused
	does 0 encrypt 2 off
	says 0xffffffff read 2 0x40
	does 0 write 2 0x40 0
	does 0 encrypt 2 on
	says 0x1234abcd read 2 0x40
}

check "TEE memory of a BAR answers encrypted mappings and no others" bar_encrypted

scrubbed()
{
	be_driven
	does 0 write 2 0x80 0x600df00d
	does 0 load private 4096
	be_unlocked
	be_plain
	says 0x00000000 read 2 0x80
}

check "Unlock clears what the function had of us" scrubbed

bar_before()
{
	be_plain
	does 0 write 2 0 0x5eed
	says 0x00005eed read 2 0
	does EINVAL encrypt 2 on
}

check "Before accept there is no encrypted mapping" bar_before

interrupts()
{
	local n
	be_driven
	does 0 irq
	case $(cat "$D") in
	msix*) ;;
	*) fail "interrupts by $(cat "$D")" ;;
	esac
	n=$(cat "$D" | cut -d' ' -f2)
	does 0 copy private private 64
	says "msix $((n + 1))" irq
}

check "An accepted function interrupts the VM by MSI-X" interrupts

# --- evidence ---

# The program has the trust anchor, measures with a nonce of its own and judges.
verified()
{
	be_locked
	same verdict "$(verify "$B" /lab/root.pem)" accepted
	wrote 0 "$F/tsm/accept" 1
}

check "User space verifies a locked function by its own nonce, and accepts it" verified

no_evidence()
{
	be_locked
	wrote EINVAL $EVIDENCE "$B nonsense"
	wrote EINVAL $EVIDENCE "$B"
	wrote ENODEV $EVIDENCE "0000:09:00.0 report"
	wrote 0 $EVIDENCE "$B report"
	be_unlocked
	wrote ENXIO $EVIDENCE "$B report"
	same "read without a request" "$(sys read $EVIDENCE)" ENXIO
}

check "Evidence is there from lock to unlock and for functions that have some" no_evidence

# One open file: what was read first, and what comes after a new reading.
stale()
{
	local nonce
	nonce=$(hexdump -v -n 32 -e '1/1 "%02x"' /dev/urandom)
	be_locked
	exec 4<>$EVIDENCE
	echo "$B report" >&4 || fail "no report"
	cat <&4 >/tmp/report || fail "the report does not read"
	[ -s /tmp/report ] || fail "an empty report"
	wrote 0 $EVIDENCE "$B refresh $nonce"
	echo "$B report" >&4 2>/tmp/no && fail "evidence of two readings in one file"
	cat <&4 >/tmp/report 2>/tmp/no && fail "an old reading goes on"
	grep -q 'temporarily unavailable' /tmp/no || fail "$(cat /tmp/no)"
	exec 4>&-
	exec 4<>$EVIDENCE
	echo "$B nonce" >&4
	same nonce "$(hexdump -v -e '1/1 "%02x"' <&4)" "$nonce"
	# Measured anew by whoever has asked: nothing of before is left.
	echo "$B report" >&4
	echo "$B refresh $nonce" >&4
	cat <&4 >/tmp/report 2>/tmp/no && fail "an old reading, by the new name"
	grep -q 'No such device or address' /tmp/no || fail "$(cat /tmp/no)"
}

check "What one open file reads is of one reading; a newer one is EAGAIN" stale

# --- ends that nobody asks for ---

not_stopped()
{
	be_accepted
	host vmm refuse stop:1
	wrote EIO "$F/tsm/unlock" tsm0
	has "$F/tsm/lock" ''
	be_accepted
}

check "Unlock ends unlocked, and says so when the host did not stop the function" not_stopped

# The VMM is stopped: the exit waits, the process need not.
killed()
{
	local p
	be_unlocked
	host stop
	echo tsm0 >"$F/tsm/lock" &
	p=$!
	usleep 300000
	kill -9 $p
	wait $p 2>/dev/null
	same "the process that waited" $? 137
	host cont
	be_locked
}

check "Who waits for a host that does not answer can be killed, and lock works after it" killed

timeout=/sys/module/interlock_guest/parameters/exit_timeout_ms

# Locked, not accepted: what ends that is no message, which would cost a key.
silent()
{
	be_locked
	host stop
	echo 700 >$timeout
	wrote ETIMEDOUT "$F/tsm/unlock" tsm0
	has "$F/tsm/lock" ''
	wrote ETIMEDOUT "$F/tsm/lock" tsm0
	host cont
	echo 20000 >$timeout
	be_accepted
}

check "Unlock ends though the host answers nothing, and lock works once it does" silent

reset()
{
	be_accepted
	echo 1 >"$F/reset" || fail "no reset"
	load interlock_dma
	echo "$B" >/sys/bus/pci/drivers_probe
	[ ! -e "$F/driver" ] || fail "a driver took a function that was reset"
	be_unlocked
	be_driven
	does 0 copy private private 4096
}

check "A function that is reset while it runs is lost until it is locked anew" reset

removed()
{
	local unbind
	be_accepted
	unbind=$(host heard unbind)
	exec 4<>$EVIDENCE
	echo "$B report" >&4
	echo 1 >"$F/remove"
	[ ! -e "$F" ] || fail "it is still there"
	told 1 unbind $unbind
	echo 1 >/sys/bus/pci/rescan
	until_true 10 [ -e "$F/tsm/lock" ] || fail "no tsm/lock"
	has "$F/tsm/lock" ''
	be_accepted
	cat <&4 >/tmp/report 2>/tmp/no && fail "evidence of who was removed"
	grep -q 'temporarily unavailable' /tmp/no || fail "$(cat /tmp/no)"
}

check "A function that is removed is unlocked, and one that is found anew is locked" removed

reload()
{
	be_accepted
	unload interlock_guest
	[ ! -e "$F/tsm" ] || fail "attributes without a module"
	load interlock_guest
	has "$F/tsm/lock" ''
	be_accepted
}

check "The module goes with a function that runs, and numbers of messages go on" reload

# The key of VMPL 0 has gone, and those that are left may not speak for it.
kept_back()
{
	be_locked
	host vmm refuse request:1
	wrote EIO "$F/tsm/accept" 1
	has "$F/tsm/lock" tsm0
	ask forget
	wrote EIO "$F/tsm/accept" 1
	has "$F/tsm/accept" 0
	wrote 0 "$F/tsm/unlock" tsm0
	has "$F/tsm/lock" ''
	wrote 0 "$F/tsm/lock" tsm0
	wrote EIO "$F/tsm/accept" 1
	be_unlocked
	unload interlock_dma
	# What is lost is so for another module, too.
	unload interlock_guest
	load interlock_guest
	wrote 0 "$F/tsm/lock" tsm0
	wrote EIO "$F/tsm/accept" 1
	be_unlocked
	# Only another launch brings keys.
	unload interlock_guest
	host relaunch
	be_accepted
}

check "A message that the host keeps back costs the key without which nothing runs" kept_back

# The processor's own function, by which all of that goes, is removed below a
# function and a driver that are at it, and found anew.
vm_removed()
{
	be_driven
	does 0 copy private private 4096
	exec 4<>$EVIDENCE
	echo "$B report" >&4
	echo 1 >"/sys/bus/pci/devices/$(bdfs 0x0011)/remove"
	[ ! -e "$F/tsm" ] || fail "attributes without a TSM"
	cat <&4 >/tmp/report 2>/tmp/no && fail "evidence without a TSM"
	does ENODEV copy private private 4096
	echo "$B" >$DRIVER/unbind
	timeout 60 sh -c 'echo 1 >/sys/bus/pci/rescan' || fail "no end of it"
	until_true 10 has_lock || fail "no tsm/lock"
	until_true 10 [ -c $EVIDENCE ] || fail "no $EVIDENCE"
	has "$F/tsm/lock" ''
	be_driven
	does 0 copy private private 4096
}

check "The processor's function goes from below a driver, and all works when it is found anew" vm_removed

lost() { dmesg | grep -c "$B: $1 bytes are lost"; }

# What the host refused, or may have done: no memory that is used again.
conversion_refused()
{
	local n
	be_driven
	n=$(lost 4096)
	host vmm refuse psc:1
	does EIO load private 4096
	same "what is lost" "$(lost 4096)" $((n + 1))
	does 0 copy private private 4096
	same "what is lost" "$(lost 4096)" $((n + 1))
}

check "Memory whose conversion the host refused is not used again" conversion_refused

# One byte of a blob is not the device's.
lied()
{
	be_unlocked
	host vmm lie request:1
	wrote EBADMSG "$F/tsm/lock" tsm0
	has "$F/tsm/lock" ''
	be_accepted
}

check "Evidence that the host changed is not taken, and nothing is locked" lied

# A page of the host's, who knows what is in it, in place of firmware's. To ask
# validates it, and makes it look like firmware's to whoever asks again.
false_secrets()
{
	be_unlocked
	unload interlock_dma
	unload interlock_guest
	host relaunch
	host give 0x0ff01000
	host secrets 0x0ff01000
	there
	wrote ENODEV "$F/tsm/lock" tsm0
	wrote ENODEV "$F/tsm/lock" tsm0
	host secrets 0x0ff00000
	wrote ENODEV "$F/tsm/lock" tsm0
	has "$F/tsm/lock" ''
	unload interlock_guest
	host relaunch
	be_accepted
}

check "A secrets page of the host's is not believed, also when it is asked for again" false_secrets
