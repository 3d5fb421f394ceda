# vm: host
# boot: alone
# needs: sev_tio

hb=/sys/devices/pci0000:00

streams() { ls $hb | grep '^stream' | xargs; }

# at_both "ON STATE": what the two ends say of their first stream.
at_both()
{
	local d
	for d in "$(fn 0)" "$(port)"; do
		same "IDE of ${d##*/}" "$(ide "$d" | head -n 1 |
			sed 's/block=0 on=\(.\) id=[0-9]* state=\(.\) .*/\1 \2/')" "$1"
	done
}

# In the kernel's books: the device is out of its driver's reach by then.
at_rest()
{
	same streams "$(streams)" ""
	has $hb/available_secure_streams 256
	has "$(fn 0)/tsm/connect" ""
}

# In this order: after a disconnect by this driver the device's mailbox is dead
# (docs/linux-findings.md, sev-tio-disconnect).

refused()
{
	with_tsm
	bench misbehave chain-unsigned
	wrote EIO "$(fn 0)/tsm/connect" tsm0
	bench honest
	at_rest
}
check "Linux's own SEV-TIO driver takes no device whose certificate nobody signed" refused

connects()
{
	be_connected
	has "$(fn 0)/tsm/connect" tsm0
	has "$(fn 0)/authenticated" tsm0
	same streams "$(streams)" stream0.0.0
	at_both "1 2"
}
check "Linux's own SEV-TIO driver connects to the device, and both ends say Secure" connects

disconnects()
{
	be_connected
	wrote 0 "$(fn 0)/tsm/disconnect" tsm0
	at_rest
}
check "Linux's own SEV-TIO driver disconnects, and leaves no stream" disconnects
