# vm: host
# boot: hazard
# finding: sysfs-drain
# expect: INFO: task .* blocked for more than
# expect: kernfs_drain
. /lab/hazard.sh

reader()
{
	hazard "register 0"
	attr connect tsm0
	echo 3000 >$P/remove_ms
	attr disconnect tsm0 &
	usleep 500000
	cat $F1/tsm/dsm &
	sleep 30
}

check "A reader of one function's tsm/dsm and a disconnect wait for each other" reader
