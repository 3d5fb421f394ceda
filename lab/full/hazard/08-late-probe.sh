# vm: host
# boot: hazard
# finding: late-probe
# expect: hazard: probed without the DSM's mutex
. /lab/hazard.sh

late_probe()
{
	hazard "register 0"
	attr connect tsm0
	echo 1 >$F1/remove
	echo 1 >/sys/bus/pci/rescan
}

check "A function that comes late is probed without the DSM's mutex" late_probe
