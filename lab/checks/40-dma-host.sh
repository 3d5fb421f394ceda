# vm: host
# boot: pair
# needs: interlock_dma interlock_tsm
#
# The driver of the DMA engine in the host VM: no T bit, no VM.

# The driver is there for the length of a check: a function with one is not
# given to a VM.
driven()
{
	load interlock_dma
	trap 'unload interlock_dma' EXIT
	D=/dev/interlock_dma-$(basename "$(fn 0)")
	until_true 5 [ -c "$D" ] || fail "the driver does not take it"
}

# does ERRNO WORDS...: what the driver is told to do comes to that.
does()
{
	local want=$1 got
	shift
	got=$(sys write "$D" "$*")
	[ "$got" = "$want" ] || fail "$*: $got, not $want: $(cat "$D")"
}

refused()
{
	until_true 5 eval 'case " $(ask refusals) " in *" '"$1"' "*) ;; *) false ;; esac' ||
		fail "no refusal by $1, but: $(ask refusals)"
}

# interrupts KIND: a command's end is told by one
interrupts()
{
	local n
	does 0 irq
	n=$(cut -d' ' -f2 <"$D")
	does 0 copy shared shared 64
	does 0 irq
	same irq "$(cat "$D")" "$1 $((n + 1))"
}

dma()
{
	be_disconnected
	driven
	ask forget
	does 0 copy shared shared 4096
	does 0 copy shared shared 300000
	does 0 load shared 5000
	does 0 store shared 5000
	same "what the machine refused" "$(ask refusals)" ""
}

dma_connected()
{
	be_connected
	driven
	ask forget
	does 0 copy shared shared 300000
	same "what the machine refused" "$(ask refusals)" ""
}

firmware_page()
{
	local at
	be_connected
	driven
	at=$(cat /sys/module/interlock_tsm/parameters/firmware_page)
	[ "$at" != 0 ] || fail "no page is firmware's"
	ask forget
	does EREMOTEIO load @$at 64
	refused rmp-assigned-read
	does 0 store @$at 64
	refused rmp-assigned
	does 0 copy shared shared 4096
}

bars()
{
	driven
	does 0 write 2 0x10 0xcafe0001
	does 0 read 2 0x10
	same "device memory" "$(cat "$D")" 0xcafe0001
	does 0 read 0 0
	same ID "$(cat "$D")" 0x1d1a0001
}

irq_msix()
{
	driven
	interrupts msix
}

check "DMA of the host's driver reaches the host's memory" dma
check "DMA of the host's driver goes on under IDE once connected" dma_connected
check "DMA to a page that firmware owns is refused, by name" firmware_page
check "BARs answer the host's driver" bars
check "A function interrupts the host by MSI-X" irq_msix
