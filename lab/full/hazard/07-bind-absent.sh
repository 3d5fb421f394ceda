# vm: host
# boot: hazard
# finding: unchecked-ops
# expect: NULL pointer dereference|KASAN: null-ptr-deref|RIP: 0010:0x0
# expect: pci_tsm_bind
. /lab/hazard.sh

bind_absent()
{
	echo bind-absent >$P/fault
	hazard "register 0"
	attr connect tsm0
	hazard "bind 0000:01:00.0"
}

check "pci_tsm_bind() calls the bind that a connect-only TSM has not" bind_absent
