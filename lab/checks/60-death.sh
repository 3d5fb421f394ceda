# vm: host
# boot: alone
#
# The device goes, or its whole machine dies, at the worst moment. What a kernel
# owes then: each call comes to an end with an errno, nothing hangs, attributes
# can be read and written, and a new device works.

hb=/sys/devices/pci0000:00

streams_free()
{
	has $hb/available_secure_streams "$1"
}

gone() { [ ! -e "$1" ]; }
there() { [ -e "$(fn 0)/tsm/connect" ]; }

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

# The write comes to an end, with an error; so does another one after it.
killed_in_connect()
{
	local c p
	be_disconnected
	c=$(fn 0)/tsm/connect
	bench misbehave late:300
	sys write "$c" tsm0 >/tmp/came &
	p=$!
	usleep 900000
	[ -d /proc/$p ] || fail "connect ended before: $(cat /tmp/came)"
	ask kill
	until_true 30 gone /proc/$p || fail "connect hangs"
	[ "$(cat /tmp/came)" != 0 ] || fail "connected to nobody"
	has "$c" ""
	sys write "$c" tsm0 >/tmp/came &
	p=$!
	until_true 30 gone /proc/$p || fail "the next connect hangs"
	[ "$(cat /tmp/came)" != 0 ] || fail "connected to nobody"
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
check "Connect ends with an error when the machine dies in it, and a new one works" killed_in_connect
check "Disconnect ends when the machine is dead, and a new one works" killed_while_connected
check "Everything pulled out of a dead machine leaves nothing, and a new one works" surprise
check "The TSM's module leaves a dead machine, and a new one works" module_leaves_a_dead_machine
