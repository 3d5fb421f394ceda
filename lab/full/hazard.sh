# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the files of lab/full/hazard: a TSM that says yes to all, and any
# two functions of one device (lab/full/hazard/tsm_hazard.c).

P=/sys/module/tsm_hazard/parameters
F0=/sys/bus/pci/devices/0000:01:00.0
F1=/sys/bus/pci/devices/0000:01:00.1
echo 5 >/proc/sys/kernel/hung_task_timeout_secs
insmod /lab/hazard/tsm_hazard.ko

# hazard COMMAND: one of the module's.
hazard()
{
	echo "$1" >$P/cmd
}

# attr NAME TEXT: of function 0's tsm/.
attr()
{
	echo "$2" >$F0/tsm/"$1"
}

# seen TEXT: on the console, for what the kernel itself does not tell.
seen()
{
	echo "hazard: $1" >/dev/kmsg
}
