# vm: host
# boot: alone
#
# What the core answers to whoever writes nonsense, or at the wrong time: rows
# of Linux 7.3's drivers/pci/tsm.c (connect_store, disconnect_store), and what
# its attributes show. Two rows are not here, since user space cannot cause
# them: a TSM that is no link TSM (nothing in 7.3 registers one), and a connect
# that waits for the DSM's mutex (it holds the semaphore for write, so nobody
# else has the mutex).

connect() { echo "$(fn 0)/tsm/connect"; }
disconnect() { echo "$(fn 0)/tsm/disconnect"; }

no_tsm_no_attributes()
{
	unload interlock_tsm
	[ ! -e "$(fn 0)/tsm" ] || fail "tsm/ is there without a TSM"
	[ ! -e "$(fn 0)/authenticated" ] || fail "authenticated is there"
	be_disconnected
	[ -d "$(fn 0)/tsm" ] || fail "no tsm/"
	[ -d /sys/class/tsm/tsm0 ] || fail "no tsm0"
}

modes()
{
	local d f
	be_disconnected
	d=$(fn 0)
	for f in connect:644 disconnect:200 dsm:444 bound:444; do
		same "mode of ${f%:*}" "$(stat -c %a "$d/tsm/${f%:*}")" \
			"${f#*:}"
	done
	same "mode of authenticated" "$(stat -c %a "$d/authenticated")" 444
}

reads_at_rest()
{
	be_disconnected
	has "$(connect)" ""
	has "$(fn 0)/tsm/bound" ""
	has "$(fn 0)/authenticated" ""
}

reads_connected()
{
	local bdf
	be_connected
	bdf=$(fn 0)
	has "$(connect)" tsm0
	has "$(fn 0)/authenticated" tsm0
	has "$(fn 0)/tsm/dsm" "${bdf##*/}"
	has "$(fn 0)/tsm/bound" ""
}

connect_nonsense()
{
	local t
	be_disconnected
	for t in tsm x 0 TSM0 tsmx " " stm0; do
		wrote EINVAL "$(connect)" "$t"
	done
	has "$(connect)" ""
}

connect_none()
{
	be_disconnected
	wrote ENXIO "$(connect)" tsm1
	wrote ENXIO "$(connect)" tsm2147483647
	has "$(connect)" ""
}

# sscanf() stops at the number.
connect_trailing()
{
	be_disconnected
	wrote 0 "$(connect)" "tsm0 and so on"
	has "$(connect)" tsm0
	be_disconnected
}

connect_twice()
{
	be_connected
	wrote EBUSY "$(connect)" tsm0
	# Before it looks whether there is such a TSM.
	wrote EBUSY "$(connect)" tsm7
	has "$(connect)" tsm0
}

disconnect_none()
{
	be_disconnected
	wrote ENXIO "$(disconnect)" tsm0
	wrote ENXIO "$(disconnect)" nonsense
}

disconnect_other()
{
	be_connected
	wrote EINVAL "$(disconnect)" tsm1
	wrote EINVAL "$(disconnect)" nonsense
	has "$(connect)" tsm0
	be_disconnected
}

# A device whose DOE discovery hides CMA/SPDM: there is no mailbox to build on,
# and all that the writer hears is that probe() gave nothing.
hide()
{
	bench "$@" || return 1
	echo 1 >"$(fn 0)/remove"
	echo 1 >/sys/bus/pci/rescan
	until_true 10 [ -e "$(fn 0)/tsm/connect" ] || fail "no tsm/connect"
}

no_mailbox()
{
	be_disconnected
	hide misbehave discovery-hides-spdm
	wrote ENXIO "$(connect)" tsm0
	has "$(connect)" ""
	hide honest
	wrote 0 "$(connect)" tsm0
	be_disconnected
}

# What the TSM answers goes to the writer as it is: EIO here.
from_the_tsm()
{
	be_disconnected
	bench misbehave capabilities-refused
	wrote EIO "$(connect)" tsm0
	has "$(connect)" ""
	bench honest
	be_connected
}

# One writer holds the semaphore while its device says nothing; another waits
# for it and is killed.
killed_while_it_waits()
{
	local one two
	be_disconnected
	bench misbehave hang:1
	sys write "$(connect)" tsm0 >/tmp/one &
	one=$!
	usleep 200000
	sys write "$(connect)" tsm0 >/tmp/two &
	two=$!
	usleep 100000
	[ -d /proc/$one ] || fail "the first one ended at once: $(cat /tmp/one)"
	kill -9 $two
	until_true 1 [ ! -d /proc/$two ] || fail "it does not die"
	[ -d /proc/$one ] || fail "the first one ended before: $(cat /tmp/one)"
	[ ! -s /tmp/two ] || fail "the second one came to $(cat /tmp/two)"
	wait $one
	[ "$(cat /tmp/one)" != 0 ] || fail "a silent device was connected to"
	bench honest
	be_connected
	be_disconnected
}

streams_count()
{
	local n
	be_disconnected
	line /sys/devices/pci0000:00/available_secure_streams; n=$LINE
	same "streams at rest" "$n" 256
	be_connected
	streams_free 255
}

check "There is no tsm/ until a TSM is there, and none when it has left" no_tsm_no_attributes
check "tsm/ has its files, with the modes of the ABI" modes
check "Nothing is connected, bound or authenticated at rest" reads_at_rest
check "connect, authenticated and dsm tell what is connected" reads_connected
check "connect refuses what is not the name of a TSM: EINVAL" connect_nonsense
check "connect refuses a TSM that is not there: ENXIO" connect_none
check "connect does not read behind the number" connect_trailing
check "connect refuses while it is connected: EBUSY" connect_twice
check "disconnect refuses while nothing is connected: ENXIO" disconnect_none
check "disconnect refuses another name than that of its TSM: EINVAL" disconnect_other
check "connect to a device without a CMA mailbox: ENXIO, and nothing is left" no_mailbox
check "connect tells what the TSM came to: EIO" from_the_tsm
check "Who waits behind a connect that hangs can be killed" killed_while_it_waits
check "The host bridge counts streams down and up" streams_count
