# vm: host
# boot: alone
#
# A device that says nothing, and one that lies, at exchanges of connect that the
# seed draws; at every one with --soak. Whatever happens, connect fails in the
# time that the kernel gives a mailbox, leaves nothing, and the same device,
# honest again, connects.

DRAWN=5

# Numbers that the seed makes, by a step of Lehmer's: $DRAW below $1.
RANDOM_STATE=$((SEED % 2147483646 + 1))
draw()
{
	RANDOM_STATE=$((RANDOM_STATE * 48271 % 2147483647))
	DRAW=$((RANDOM_STATE % $1))
}

# Hundredths of a second since the VM started, in $NOW.
now()
{
	line /proc/uptime
	NOW=${LINE%% *}
	NOW=${NOW%.*}${NOW#*.}
	NOW=${NOW#"${NOW%%[!0]*}"}
}

at_rest()
{
	has "$(fn 0)/tsm/connect" ""
	has "$(fn 0)/authenticated" ""
	streams_free 256
	same streams "$(echo /sys/devices/pci0000:00/stream*)" \
		'/sys/devices/pci0000:00/stream*'
	ide "$(fn 0)" | grep -v "on=0 .* state=0 " && fail "IDE of the device"
	ide "$(port)" | grep -v "on=0 .* state=0 " && fail "IDE of the port"
}

# exchanges: how many a connect has, in $EXCHANGES, by the device's own count.
exchanges()
{
	local n
	be_disconnected
	n=$(bench exchanges)
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	EXCHANGES=$(($(bench exchanges) - n))
	wrote 0 "$(fn 0)/tsm/disconnect" tsm0
	[ $EXCHANGES -ge 10 ] || fail "a connect of $EXCHANGES exchanges"
}

# fails NAME SHORTEST: connect to a device that misbehaves so, and what is left.
# The longest is what the module gives an operation; hundredths of a second.
LONGEST=1000
fails()
{
	local got t
	bench misbehave "$1"
	now; t=$NOW
	got=$(sys write "$(fn 0)/tsm/connect" tsm0)
	now; t=$((NOW - t))
	bench honest
	case $got in
	EIO | ETIMEDOUT) ;;
	0)
		wrote 0 "$(fn 0)/tsm/disconnect" tsm0
		fail "$1 was not noticed"
		;;
	*) fail "$1: connect comes to $got" ;;
	esac
	[ $t -ge "$2" ] && [ $t -le $LONGEST ] ||
		fail "$1: connect took $t hundredths of a second"
	at_rest
	wrote 0 "$(fn 0)/tsm/connect" tsm0
	wrote 0 "$(fn 0)/tsm/disconnect" tsm0
}

# each SHORTEST NAME...: one of the names, drawn, at each of the exchanges.
each()
{
	local shortest=$1 i n
	shift
	exchanges
	i=0
	while [ $i -lt $EXCHANGES ]; do
		n=$i
		[ -n "$ALL" ] || {
			[ $i -lt $DRAWN ] || break
			draw $EXCHANGES
			n=$DRAW
		}
		draw $#
		eval "fails \${$((DRAW + 1))}:$((n + 1)) $shortest"
		# A long run says that it lives.
		[ -z "$ALL" ] || ask note "exchange $((n + 1)) of $EXCHANGES"
		i=$((i + 1))
	done
}

# A mailbox is given a second (Linux 7.3 drivers/pci/doe.c, PCI_DOE_TIMEOUT).
silent() { each 100 hang mute; }
lying() { each 0 lie nonsense cut close; }

check "Connect to a device that falls silent fails in time and leaves nothing" silent
check "Connect to a device that lies fails and leaves nothing" lying
