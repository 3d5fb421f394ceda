# vm: host
# boot: hazard
# finding: sysfs-drain
# expect: INFO: task .* blocked for more than
# expect: kernfs_drain
. /lab/hazard.sh

last()
{
	# Functions are taken in reverse: while the one on bus 2 is disconnected, a
	# reader of the one on bus 1 comes to wait for the lock.
	hazard "register 0"
	echo tsm0 >/sys/bus/pci/devices/0000:02:00.0/tsm/connect
	echo 3000 >$P/remove_ms
	hazard "unregister 0" &
	usleep 500000
	cat $F0/tsm/dsm &
	sleep 30
}

check "A reader of tsm/dsm and the last TSM that leaves wait for each other" last
