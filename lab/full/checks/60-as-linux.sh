# vm: host
# boot: intel

# The descriptor's file of a function that vfio-pci has, or gets.
vfio_file()
{
	local d=/sys/bus/pci/devices/$1
	[ -d "$d/vfio-dev" ] || {
		echo vfio-pci >"$d/driver_override"
		echo "$1" >/sys/bus/pci/drivers/vfio-pci/bind
	}
	echo "/dev/vfio/devices/$(ls "$d/vfio-dev")"
}

# as_recorded PART [ARGUMENT]: Linux answers the calls of this part as the
# record says. What it says now is kept, for the next record.
as_recorded()
{
	/bin/calls "$@" >/tmp/now || fail "calls $1: status $?"
	{ echo "# part $1"; cat /tmp/now; } >>/tmp/as_linux
	put /tmp/as_linux as_linux.txt
	awk -v p="$1" '/^# part / { on = $3 == p; next } on && / = /' \
		/lab/as_linux.txt >/tmp/record
	[ -s /tmp/record ] || fail "nothing is recorded of $1"
	diff -U 0 /tmp/record /tmp/now >/tmp/diff ||
		fail "$(grep '^[-+][^-+]' /tmp/diff)"
}

of_kvm() { as_recorded kvm; }
of_run() { as_recorded run; }
of_iommufd() { as_recorded iommufd; }
of_vfio() { as_recorded vfio "$(vfio_file 0000:01:00.0)"; }

check "KVM answers as the host services were told" of_kvm
check "KVM_RUN ends as the host services were told" of_run
check "iommufd answers as the host services were told" of_iommufd
check "VFIO answers as the host services were told" of_vfio
