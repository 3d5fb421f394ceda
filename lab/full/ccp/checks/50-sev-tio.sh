# vm: host
# boot: alone
# needs: sev_tio

# In the kernel's books: the device is out of its driver's reach by then.
at_rest()
{
	same streams "$(streams)" ""
	streams_free 256
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
