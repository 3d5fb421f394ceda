# vm: host
# boot: hazard
# finding: root-bus-ide
# expect: NULL pointer dereference|KASAN: null-ptr-deref
# expect: pci_ide_init
. /lab/hazard.sh

root_bus()
{
	hazard "wrap 0000:00:04.0"
	echo 1 >/sys/bus/pci/devices/0000:00:04.0/remove
	echo 1 >/sys/bus/pci/rescan
}

check "An endpoint of type 0 with IDE on the root bus is an oops at enumeration" root_bus
