# vm: host
# boot: pair
x()
{
	local r=$(rid 1)
	be_vm
	rd() { dd if=/sys/bus/pci/devices/$(bdfs 0x0010)/resource0 bs=4 count=1 skip=$((0x1100/4)) 2>/dev/null | hexdump -e '"%d"'; echo; }
	tsmcall create assign:$r bind:$r state:locked status "sh:echo 1 >$(fn 1)/reset" state:run status  state:unlocked status destroy
	cat /sys/bus/pci/devices/$(bdfs 0x0010)/faults
	echo after-unlock

	ask note flr-done
	tsmcall create assign:$r bind:$r state:locked status destroy
	ask note lock-done
	tsmcall create assign:$(rid) bind:$(rid) state:locked status destroy
}
check "dbg" x
