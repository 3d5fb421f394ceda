# vm: host
# boot: hazard
# finding: unchecked-ops
# expect: BUG: unable to handle page fault|KASAN: .*in range|general protection fault
# expect: pci_tsm_connect|connect_store|to_pci_tsm_pf0
. /lab/hazard.sh

probe_err()
{
	echo probe-err >$P/fault
	hazard "register 0"
	attr connect tsm0
}

check "A probe() that returns an error pointer is taken for a context" probe_err
