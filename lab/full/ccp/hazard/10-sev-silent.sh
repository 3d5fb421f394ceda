# vm: host
# boot: sev-tio
# finding: sev-tio-reclaim
# expect: WARNING: .*sla_free
# expect: command 0xd2: status 0x3a
# expect: hazard: no connect works any more

# The device is silent once. DEV_CONNECT is under way then, the driver reclaims
# the device without a DEV_DISCONNECT, and firmware does not let it go.
silent()
{
	be_disconnected
	bench misbehave hang:1
	[ "$(sys write "$(fn 0)/tsm/connect" tsm0)" != 0 ] || return
	bench honest
	[ "$(sys write "$(fn 0)/tsm/connect" tsm0)" = 0 ] ||
		echo "hazard: no connect works any more" >/dev/kmsg
}

check "A device that was silent once is lost for Linux's SEV-TIO driver" silent
