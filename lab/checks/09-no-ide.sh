# vm: host
# boot: alone
# needs: interlock_tsm
#
# Before anything loads interlock_rp, which stays.

no_ide()
{
	local f
	load interlock_tsm
	f=$(fn 0)
	until_true 10 [ -e "$f/tsm/connect" ] || fail "no tsm/connect"
	wrote EFAULT "$f/tsm/connect" tsm0
	dmesg | grep -q "${f##*/}: no IDE stream: the root port has no IDE" ||
		fail "the kernel's log does not say why"
	has "$f/tsm/connect" ""
	wrote ENXIO "$f/tsm/disconnect" tsm0
}

check "Connect fails, and says why, below a root port that has no IDE" no_ide
