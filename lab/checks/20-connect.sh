# vm: host
# boot: alone

LOOPS=${LOOPS:-20}
[ -z "$SOAK" ] || LOOPS=1000

# nothing of a connection is left
at_rest()
{
	same streams "$(streams)" ""
	streams_free 256
	has "$(fn 0)/tsm/connect" ""
	at_both "0 0"
}

connect_makes_a_stream()
{
	be_disconnected
	at_rest
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	has "$(fn 0)/tsm/connect" tsm0
	has "$(fn 0)/authenticated" tsm0
	same streams "$(streams)" stream0.0.0
	same "the stream's device" "$(readlink -f $hb/stream0.0.0)" \
		"$(readlink -f "$(fn 0)")"
	streams_free 255
	at_both "1 2"
}

disconnect_leaves_nothing()
{
	be_connected
	wrote 0 "$(fn 0)/tsm/disconnect" tsm0
	at_rest
}

connects_again_and_again()
{
	local n=0
	be_disconnected
	while [ $n -lt $LOOPS ]; do
		wrote 0 "$(fn 0)/tsm/connect" tsm0
		[ "$(streams)" = stream0.0.0 ] || fail "no stream in round $n"
		wrote 0 "$(fn 0)/tsm/disconnect" tsm0
		n=$((n + 1))
		[ $((n % 25)) != 0 ] || ask note "connected $n times"
	done
	at_rest
}

leaves_while_connected()
{
	be_connected
	rmmod interlock_tsm
	! dmesg | grep "pages did not come back" || fail "firmware keeps pages"
	[ ! -e "$(fn 0)/tsm/connect" ] || fail "tsm/connect stays"
	same streams "$(streams)" ""
	streams_free 256
	at_both "0 0"
	be_connected
	at_both "1 2"
}

check "Connect makes an IDE stream, and both ends say Secure" connect_makes_a_stream
check "Disconnect leaves no stream, no key and no count behind" disconnect_leaves_nothing
check "Connect and disconnect work again and again" connects_again_and_again
check "The TSM's module leaves while a device is connected, and comes again" leaves_while_connected
