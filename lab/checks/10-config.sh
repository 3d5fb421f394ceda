# vm: host
# boot: pair
#
# What Linux and lspci read is what the device means. Expected lines are
# written from docs/device-dma.md and the device file of this boot, with
# lspci's words (pciutils, ls-caps.c and ls-ecaps.c) for it.

# lines_of FUNCTION: what lspci says of it; hides what wraps the lines.
lspci_of()
{
	local d
	d=$(fn "$1") || fail "function $1 is not there"
	lspci -vvv -s "${d##*/}" 2>/tmp/lspci.err | sed 's/^[ \t]*//'
}

# expect FUNCTION: each line of the input is somewhere in what lspci says; a
# line that begins with "! " is nowhere, not even as a part.
expect()
{
	local line
	lspci_of "$1" >/tmp/lspci.said
	put /tmp/lspci.said "lspci-fn$1"
	while read -r line; do
		case $line in
		'') ;;
		'! '*) ! grep -qF -- "${line#! }" /tmp/lspci.said ||
			echo "lspci says: ${line#! }" ;;
		*) grep -qF -- "$line" /tmp/lspci.said ||
			echo "lspci does not say: $line" ;;
		esac
	done
}

identity()
{
	expect 0 <<-END
	Class 1200: Device 1d1a:0001
	Subsystem: Device 1d1a:0001
	(64-bit, non-prefetchable) [size=16K]
	(64-bit, prefetchable) [size=64K]
	END
	# Regions: those two alone.
	same regions "$(grep -c '^Region' /tmp/lspci.said)" 2
}

express()
{
	expect 0 <<-END
	Express (v2) Endpoint
	FLReset+
	TEE-IO+
	DevCap:	MaxPayload 512 bytes
	ExtTag+
	END
}

tee_of_1()
{
	expect 1 <<-END
	Express (v2) Endpoint
	FLReset+
	END
}

msix()
{
	local f
	for f in 0 1; do
		expect $f <<-END
		MSI-X: Enable- Count=4 Masked-
		Vector table: BAR=0 offset=00002000
		PBA: BAR=0 offset=00003000
		END
	done
}

doe()
{
	expect 0 <<-END
	Data Object Exchange
	DOECap: IntSup-
	DOESta: Busy- IntSta- Error- ObjectReady-
	END
	expect 1 <<-END
	! Data Object Exchange
	END
}

# Four selective streams with one address association each, no link streams;
# AES-GCM with 256-bit keys and 96-bit MAC is the one algorithm. Linux gives
# idle ones Stream ID 255 (linux/pci-ide.h).
ide()
{
	local n
	expect 0 <<-END
	Integrity & Data Encryption
	IDECap: Lnk=0 Sel=4 FlowThru- PartHdr- Aggr- PCPC- IDE_KM+ Alg='AES-GCM-256-96b' TCs=1 TeeLim+
	END
	for n in 0 1 2 3; do
		expect 0 <<-END
		SelectiveIDE#$n Cap: RID#=1
		SelectiveIDE#$n Ctl: En- NPR- PR- CPL- PCRC- CFG- HdrEnc=no Alg='AES-GCM-256-96b' TC0 ID255
		SelectiveIDE#$n Sta: insecure RecvChkFail-
		SelectiveIDE#$n RID: Valid- Base=0 Limit=0 SegBase=0
		END
	done
	expect 0 <<-END
	! SelectiveIDE#4
	! LinkIDE#
	END
	expect 1 <<-END
	! Integrity & Data Encryption
	END
}

power()
{
	expect 0 <<-END
	Power Management version 3
	Flags: PMEClk- DSI- D1- D2- AuxCurrent=0mA PME(D0-,D1-,D2-,D3hot-,D3cold-)
	NoSoftRst-
	END
}

# What docs/device-dma.md says is not there; SR-IOV is there and QEMU hides it.
nothing_else()
{
	expect 0 <<-END
	! Address Translation Service
	! Process Address Space ID
	! Page Request Interface
	! Advanced Error Reporting
	! Resizable BAR
	! Expansion ROM
	! Unknown
	END
}

# Bytes that a kernel writes when it finds a function, or that QEMU answers
# itself: command, status, cache line, latency, header type (the function's
# number counts there), BARs, interrupt line; Device Control, Link Control and
# their seconds; MSI-X enable; DOE and IDE control. All others are the device's.
bytes_of()
{
	local d skip
	d=$(fn "$1")
	ask config "fn$1" | sed 's/../&\n/g' | grep . >/tmp/meant
	hexdump -ve '1/1 "%02x\n"' "$d/config" >/tmp/read
	same bytes "$(grep -c . /tmp/read)" 4096
	skip=" 4 5 6 7 12 13 14 60 "
	paste -d ' ' /tmp/meant /tmp/read | awk -v free="$2" -v skip="$skip" '
		{ at = NR - 1 }
		$1 == $2 || (at >= 16 && at < 40) ||
			index(skip, " " at " ") { next }
		{
			n = split(free, r, " ")
			for (i = 1; i <= n; i++) {
				split(r[i], e, "-")
				if (at >= e[1] && at <= e[2])
					next
			}
			printf "at 0x%03x: %s, and the kernel reads %s\n",
				at, $1, $2
		}'
}

# Express is at 0x48 (control +8, link control +16, their seconds +40, +48),
# MSI-X at 0x84; with the DOE mailbox's control and status at 0x108, and the
# Stream IDs of four IDE blocks of 32 bytes from 0x124 on.
config_0()
{
	bytes_of 0 "80-81 88-89 112-113 120-121 134-135 \
		264-271 296-299 328-331 360-363 392-395"
}

config_1()
{
	bytes_of 1 "80-81 88-89 112-113 120-121 134-135"
}

check "lspci shows the ids, the class and the BARs of function 0" identity
check "lspci shows an Express endpoint with FLR and TEE-IO" express
check "lspci shows function 1 as an Express endpoint with FLR" tee_of_1
check "lspci shows four MSI-X vectors of each function, in BAR 0" msix
check "lspci shows DOE on function 0, and on no other" doe
check "lspci shows four selective IDE streams on function 0, and on no other" ide
check "lspci shows power management without D1, D2 and PME" power
check "lspci shows no capability that the device has not" nothing_else
check "Configuration space of function 0 reads in Linux as the device means it" config_0
check "Configuration space of function 1 reads in Linux as the device means it" config_1
