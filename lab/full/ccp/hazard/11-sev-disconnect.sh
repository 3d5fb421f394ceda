# vm: host
# boot: sev-tio
# finding: sev-tio-disconnect
# expect: DOE: .*marking mailbox dead
# expect: hazard: no connect after a disconnect

disconnect()
{
	be_connected
	wrote 0 "$(fn 0)/tsm/disconnect" tsm0
	[ "$(sys write "$(fn 0)/tsm/connect" tsm0)" = 0 ] ||
		echo "hazard: no connect after a disconnect" >/dev/kmsg
}

check "After a disconnect by Linux's SEV-TIO driver the DOE mailbox is dead" disconnect
