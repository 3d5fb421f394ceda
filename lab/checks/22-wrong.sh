# vm: host
# boot: alone

# refused NAME ERRNO...: connect fails with one of these, and leaves nothing
# behind; and the same device, honest again, connects.
refused()
{
	local name=$1 got
	shift
	be_disconnected
	bench misbehave "$name"
	got=$(sys write "$(fn 0)/tsm/connect" tsm0)
	bench honest
	case " $* " in
	*" $got "*) ;;
	*) fail "connect to $name: $got, not $*" ;;
	esac
	has "$(fn 0)/tsm/connect" ""
	same streams "$(ls /sys/devices/pci0000:00 | grep '^stream' | xargs)" ""
	streams_free 256
	ide "$(fn 0)" | grep -v "on=0 .* state=0 " | grep . && fail "IDE of the device"
	ide "$(port)" | grep -v "on=0 .* state=0 " | grep . && fail "IDE of the port"
	wrote 0 "$(fn 0)/tsm/connect" tsm0
}

wrong_certificate() { refused chain-unsigned EIO; }
check "Connect to a device whose certificate nobody signed fails and leaves nothing" wrong_certificate

late_device()
{
	local p=/sys/module/interlock_tsm/parameters/op_timeout_ms t
	be_disconnected
	echo 3000 >$p
	bench misbehave late:400
	t=$(cut -d. -f1 /proc/uptime)
	same connect "$(sys write "$(fn 0)/tsm/connect" tsm0)" ETIMEDOUT
	t=$(($(cut -d. -f1 /proc/uptime) - t))
	bench honest
	echo 10000 >$p
	[ $t -lt 8 ] || fail "the core's lock was held for $t s"
	streams_free 256
	wrote 0 "$(fn 0)/tsm/connect" tsm0
}
check "Connect to a device that is late each time ends when its time is over" late_device

killed()
{
	local pid n=0
	be_disconnected
	bench misbehave late:400
	sys write "$(fn 0)/tsm/connect" tsm0 >/dev/null &
	pid=$!
	sleep 1
	kill -9 $pid
	until_true 4 [ ! -d /proc/$pid ] || fail "it does not die"
	wait $pid
	bench honest
	has "$(fn 0)/tsm/connect" ""
	streams_free 256
	wrote 0 "$(fn 0)/tsm/connect" tsm0
}
check "Who is killed while connecting dies soon and leaves nothing" killed
