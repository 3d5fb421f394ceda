# vm: host
# boot: alone
#
# The device goes, or its whole machine dies, at the worst moment. What a kernel
# owes then: each call comes to an end with an errno, nothing hangs, attributes
# can be read and written, and a new device works.

gone() { [ ! -e "$1" ]; }
there() { [ -e "$(fn 0)/tsm/connect" ]; }

# What the write that ended came to.
an_error()
{
	line /tmp/came
	case $LINE in
	E*) ;;
	*) fail "connect to nobody came to '$LINE'" ;;
	esac
}

# start_connect FILE: a connect, in $p, that waits for the device's third answer.
# The device is silent, since a length that is read as ones as the device goes
# makes the kernel read a mebibyte (docs/linux-findings.md).
start_connect()
{
	local n
	n=$(bench exchanges)
	bench misbehave hang:3
	sys write "$1" tsm0 >/tmp/came &
	p=$!
	until_true 10 exchanges_past $((n + 1)) || fail "no exchange"
	usleep 200000
	[ -d /proc/$p ] || fail "connect ended before: $(cat /tmp/came)"
}

exchanges_past() { [ "$(bench exchanges)" -gt "$1" ]; }

# All that the machine had leaves the VM, another process comes, its functions
# are there again.
new_machine()
{
	[ -d "$(fn 0)" ] && ask unplug fn0
	[ -n "$(bdfs 0x0010)" ] && ask unplug host
	ask start
	ask plug host
	ask plug fn0
	until_true 20 there || fail "no tsm/connect after a new start"
}

unplugged_while_connected()
{
	local d
	be_connected
	d=$(fn 0)
	ask unplug fn0
	gone "$d" || fail "it is still there"
	streams_free 256
	! ls $hb/stream* >/tmp/streams 2>&1 || fail "$(cat /tmp/streams)"
	[ -d /sys/class/tsm/tsm0 ] || fail "the TSM left, too"
	ask plug fn0
	until_true 20 there || fail "no tsm/connect after it came again"
	has "$(fn 0)/tsm/connect" ""
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	streams_free 255
	be_disconnected
}

removed_and_found_again()
{
	local d
	be_connected
	d=$(fn 0)
	echo 1 >"$d/remove"
	gone "$d" || fail "it is still there"
	streams_free 256
	echo 1 >/sys/bus/pci/rescan
	until_true 10 there || fail "no tsm/connect"
	be_connected
	be_disconnected
}

# Nobody was asked: the function reads as ones, while its TSM holds a session and
# a stream with it; then the slot is emptied.
pulled_while_connected()
{
	local d p
	be_connected
	d=$(fn 0)
	bench pull
	same "ids of a device that is gone" \
		"$(hexdump -n 4 -e '1/4 "%08x"' "$d/config")" ffffffff
	ask unplug fn0
	gone "$d" || fail "it is still there"
	streams_free 256
	ask plug fn0
	until_true 20 there || fail "no tsm/connect after it came again"
	be_connected
	be_disconnected
}

pulled_in_connect()
{
	local c p
	be_disconnected
	c=$(fn 0)/tsm/connect
	start_connect "$c"
	bench pull
	until_true 30 gone /proc/$p || fail "connect hangs"
	an_error
	has "$c" ""
	streams_free 256
	bench honest
	ask unplug fn0
	ask plug fn0
	until_true 20 there || fail "no tsm/connect after it came again"
	be_connected
	be_disconnected
}

# The write comes to an end, with an error; so does another one after it.
killed_in_connect()
{
	local c p
	be_disconnected
	c=$(fn 0)/tsm/connect
	start_connect "$c"
	ask kill
	until_true 30 gone /proc/$p || fail "connect hangs"
	an_error
	has "$c" ""
	sys write "$c" tsm0 >/tmp/came &
	p=$!
	until_true 30 gone /proc/$p || fail "the next connect hangs"
	an_error
	streams_free 256
	new_machine
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	streams_free 255
	be_disconnected
}

# Disconnect cannot fail, so it must not hang either.
killed_while_connected()
{
	local d p
	be_connected
	d=$(fn 0)/tsm
	ask kill
	has "$d/connect" tsm0
	sys write "$d/disconnect" tsm0 >/tmp/came &
	p=$!
	until_true 30 gone /proc/$p || fail "disconnect hangs"
	has /tmp/came 0
	has "$d/connect" ""
	streams_free 256
	new_machine
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	be_disconnected
}

# Everything is pulled out of a machine that does not answer any more.
surprise()
{
	local d
	be_connected
	d=$(fn 0)
	ask kill
	ask unplug fn0
	gone "$d" || fail "it is still there"
	streams_free 256
	ask unplug host
	gone /sys/class/tsm/tsm0 || fail "the TSM is still there"
	new_machine
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	be_disconnected
}

module_leaves_a_dead_machine()
{
	local p
	be_connected
	ask kill
	rmmod "$TSM" >/tmp/came 2>&1 &
	p=$!
	until_true 30 gone /proc/$p || fail "rmmod hangs"
	[ ! -s /tmp/came ] || fail "$(cat /tmp/came)"
	gone /sys/class/tsm/tsm0 || fail "the TSM is still there"
	load interlock_tsm
	new_machine
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	be_disconnected
}

check "A device unplugged while connected leaves nothing, and works when it comes again" unplugged_while_connected
check "A device removed by sysfs while connected leaves nothing, and is found again" removed_and_found_again
check "A device pulled out while connected leaves nothing, and works when it comes again" pulled_while_connected
check "Connect ends with an error when the device is pulled out in it" pulled_in_connect
check "Connect ends with an error when the machine dies in it, and a new one works" killed_in_connect
check "Disconnect ends when the machine is dead, and a new one works" killed_while_connected
check "Everything pulled out of a dead machine leaves nothing, and a new one works" surprise
check "The TSM's module leaves a dead machine, and a new one works" module_leaves_a_dead_machine
